import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import OpenAI from 'openai'
import { Webhook } from 'standardwebhooks'
import { eventually } from '../conformance/eventually.ts'
import { examplesOf, readDocument, repositoryPath } from './markdown.ts'

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const body = JSON.stringify({ id: 'evt_1', type: 'job.succeeded', data: { id: 'job_1' } })

const examples = examplesOf(readDocument('docs/guides/webhooks.md'))
const hasPython = spawnSync('python3', ['--version']).status === 0

const receivers = [
  { name: 'receiver', program: process.execPath, args: ['--input-type=module', '-e'], runs: true },
  { name: 'receiver-python', program: 'python3', args: ['-c'], runs: hasPython },
]

describe.each(receivers)('the $name of the webhook guide', ({ name, program, args, runs }) => {
  const test = runs ? it : it.skip
  const lines: string[] = []
  let receiver: ChildProcess | undefined
  let url: string

  beforeAll(async () => {
    if (!runs) return
    const example = examples.find(each => each.name === name)
    const port = await freePort()
    url = `http://127.0.0.1:${port}`
    receiver = spawn(program, [...args, example?.text ?? ''], {
      cwd: repositoryPath('.'),
      env: { PATH: process.env.PATH, WEBHOOK_SECRET: secret, PORT: String(port) },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    if (receiver.stdout) {
      createInterface({ input: receiver.stdout }).on('line', line => lines.push(line))
    }
    await eventually(
      () =>
        post(url, '', {}).then(
          ({ status }) => status,
          () => 0,
        ),
      status => status === 400,
    )
  })

  afterAll(async () => {
    if (!receiver) return
    const exited = once(receiver, 'exit')
    receiver.kill()
    await exited
  })

  test('takes what is signed, and handles an event once', async () => {
    expect((await post(url, body, signed(body))).status).toBe(204)
    expect((await post(url, body, signed(body))).status).toBe(204)
    await eventually(
      () => lines.length,
      count => count > 0,
    )
    expect(lines).toEqual(['job.succeeded job_1'])
  })

  test('takes what is signed with two secrets', async () => {
    const headers = signed(body)
    const other = new Webhook(Buffer.alloc(32, 8).toString('base64')).sign(
      'evt_1',
      new Date(),
      body,
    )
    headers['webhook-signature'] = `${other} ${headers['webhook-signature']}`
    expect((await post(url, body, headers)).status).toBe(204)
  })

  test('refuses what is not signed, signed otherwise, or signed long ago', async () => {
    expect((await post(url, `${body} `, signed(body))).status).toBe(400)
    expect((await post(url, body, signed(body, new Date(Date.now() - 3_600_000)))).status).toBe(400)
    const { 'webhook-signature': _, ...unsigned } = signed(body)
    expect((await post(url, body, unsigned)).status).toBe(400)
  })
})

it("the OpenAI client's line of the webhook guide verifies", async () => {
  const line = /`await (client\.webhooks\.unwrap\([^`]+\))`/.exec(
    readDocument('docs/guides/webhooks.md'),
  )?.[1]
  const unwrap = new Function('client', 'body', 'request', 'secret', `return ${line}`)
  const client = new OpenAI({ apiKey: 'none' })

  expect(await unwrap(client, body, { headers: signed(body) }, secret)).toEqual(JSON.parse(body))
})

function post(url: string, text: string, headers: Record<string, string>): Promise<Response> {
  return fetch(url, { method: 'POST', body: text, headers })
}

function signed(text: string, now = new Date()): Record<string, string> {
  return {
    'webhook-id': 'evt_1',
    'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
    'webhook-signature': new Webhook(secret).sign('evt_1', now, text),
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no free port')
  return address.port
}
