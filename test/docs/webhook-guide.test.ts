import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Webhook } from 'standardwebhooks'
import { eventually } from '../conformance/eventually.ts'
import { examplesOf, readDocument, repositoryPath } from './markdown.ts'

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const body = JSON.stringify({ id: 'evt_1', type: 'job.succeeded', data: { id: 'job_1' } })

let receiver: ChildProcess
let url: string
const lines: string[] = []

beforeAll(async () => {
  const [example] = examplesOf(readDocument('docs/guides/webhooks.md'))
  const port = await freePort()
  url = `http://127.0.0.1:${port}`
  receiver = spawn(process.execPath, ['--input-type=module', '-e', example?.text ?? ''], {
    cwd: repositoryPath('.'),
    env: { WEBHOOK_SECRET: secret, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (receiver.stdout) {
    createInterface({ input: receiver.stdout }).on('line', line => lines.push(line))
  }
  await eventually(
    () =>
      post('', {}).then(
        ({ status }) => status,
        () => 0,
      ),
    status => status === 400,
  )
})

afterAll(async () => {
  const exited = once(receiver, 'exit')
  receiver.kill()
  await exited
})

function post(text: string, headers: Record<string, string>): Promise<Response> {
  return fetch(url, { method: 'POST', body: text, headers })
}

function signed(text: string): Record<string, string> {
  const now = new Date()
  return {
    'webhook-id': 'evt_1',
    'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
    'webhook-signature': new Webhook(secret).sign('evt_1', now, text),
  }
}

describe('the receiver of the webhook guide', () => {
  it('takes what is signed, and handles an event once', async () => {
    expect((await post(body, signed(body))).status).toBe(204)
    expect((await post(body, signed(body))).status).toBe(204)
    await eventually(
      () => lines.length,
      count => count > 0,
    )
    expect(lines).toEqual(['job.succeeded job_1'])
  })

  it('refuses what is not', async () => {
    expect((await post(`${body} `, signed(body))).status).toBe(400)
  })
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no free port')
  return address.port
}
