import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Webhook } from 'standardwebhooks'
import { WebhookReceiver } from '../webhook-receiver.ts'
import { examplesOf, readDocument } from './markdown.ts'
import { type RunningLonghaul, startLonghaul } from './running-longhaul.ts'

const examples = examplesOf(readDocument('README.md'))
const outputs = new Map<string, string>()

let longhaul: RunningLonghaul
let receiver: WebhookReceiver

/** The tests need nothing but `npm ci`, and slim containers have no curl. */
const hasShell = ['bash', 'curl'].every(program => spawnSync(program, ['--version']).status === 0)
const describeWithShell = hasShell ? describe : describe.skip

/** All blocks run in one shell, as a reader would type them; an HTTP error ends it. */
beforeAll(async () => {
  if (!hasShell) return
  receiver = await WebhookReceiver.listen()
  longhaul = await startLonghaul()
  const separator = '----8<----'
  const script = [
    'set -euo pipefail',
    'curl() { command curl --fail-with-body "$@"; }',
    ...examples.flatMap(({ text }) => [text, `echo; echo '${separator}'`]),
  ].join('\n')
  const { stdout } = await promisify(execFile)('bash', ['-c', script], {
    env: {
      PATH: process.env.PATH,
      LONGHAUL_URL: longhaul.url,
      LONGHAUL_API_KEY: longhaul.key,
      WEBHOOK_URL: receiver.url,
    },
  })
  const parts = stdout.split(`\n${separator}\n`)
  for (const [index, { name }] of examples.entries()) outputs.set(name, parts[index] ?? '')
})

afterAll(async () => {
  await longhaul?.close()
  await receiver?.close()
})

function output(name: string): string {
  const text = outputs.get(name)
  if (text === undefined) throw new Error(`the README has no example "${name}"`)
  return text
}

function json(name: string) {
  return JSON.parse(output(name))
}

describeWithShell('the examples of the README, run as they stand', () => {
  it('are all looked at here', () => {
    expect(examples.map(({ name }) => name)).toEqual([
      'submit',
      'wait',
      'include',
      'events',
      'webhook',
      'webhook-secret',
      'bulk',
      'cancel',
      'list',
      'route',
      'models',
    ])
    expect(new Set(examples.map(({ language }) => language))).toEqual(new Set(['sh']))
  })

  it('submit a job', () => {
    expect(output('submit').trim()).toMatch(/^job_[0-9a-f]{32}$/)
  })

  it('wait for it', () => {
    expect(json('wait')).toMatchObject({
      id: output('submit').trim(),
      status: 'succeeded',
      error: null,
      result: { object: 'chat.completion' },
    })
  })

  it('show the request, the attempts and the decision', () => {
    expect(json('include')).toMatchObject({
      request: { messages: [{ content: 'Why is the sky blue?' }] },
      attempt_list: [{ number: 1, outcome: 'succeeded' }],
      decision: { number: 1, model: json('wait').model },
    })
  })

  it('watch its events to the end', () => {
    expect(output('events')).toContain('event: job.status')
    expect(output('events')).toContain('"status":"succeeded"')
  })

  it('ask for a webhook, which arrives and is signed with the secret shown', async () => {
    const accepted = json('webhook')
    expect(accepted).toMatchObject({ lane: 'interactive', metadata: { customer: 'acme' } })
    await receiver.received(1)
    const { headers, body } = receiver.deliveries[0] ?? { headers: {}, body: '' }
    const [secret] = json('webhook-secret').secrets
    const event = new Webhook(secret).verify(body, headers as Record<string, string>)
    expect(event).toMatchObject({ type: 'job.succeeded', data: { id: accepted.id } })
  })

  it('submit in bulk', () => {
    expect(json('bulk').data).toMatchObject([{ lane: 'bulk' }, { lane: 'bulk' }])
  })

  it('cancel', () => {
    expect(json('cancel')).toMatchObject({
      status: 'cancelled',
      error: { code: 'job_cancelled' },
    })
  })

  it('list by metadata', () => {
    expect(json('list').data).toMatchObject([{ id: json('webhook').id }])
  })

  it('decide without running', () => {
    expect(json('route')).toMatchObject({ object: 'decision', error: null })
  })

  it('list the models', () => {
    expect(json('models').data[0]).toMatchObject({ id: 'auto', object: 'model' })
  })
})
