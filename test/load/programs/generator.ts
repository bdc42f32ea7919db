/**
 * The load generator, in a process of its own: does one task, given as JSON,
 * and prints what it saw as one line of JSON.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { Pool } from 'undici'
import type { GeneratorFigures, GeneratorTask } from '../generator-process.ts'
import { LatencyRecorder } from '../latencies.ts'
import { jobOf } from '../prompts.ts'

const RETRY_MS = 20
/** Of singles: until then both sides open connections and compile what they run, and PostgreSQL cleans up after the bulk. */
const SETTLING_MS = 4_000

const task = JSON.parse(process.argv[2] ?? '{}') as GeneratorTask
const receiver = createServer((request, response) => {
  request.resume().once('end', () => response.writeHead(204).end())
}).listen(0, '127.0.0.1')
await once(receiver, 'listening')
const address = receiver.address()
if (address === null || typeof address === 'string') throw new Error('the receiver has no port')
const webhookUrl = `http://127.0.0.1:${address.port}/hooks`

const target = new URL(task.url)
const pool = new Pool(target.origin, { connections: task.connections })
const headers = { authorization: `Bearer ${task.apiKey}`, 'content-type': 'application/json' }
const recorder = new LatencyRecorder()
let refused = 0
let firstAcceptedAt: number | undefined

const startedAt = now()
await (task.kind === 'bulk' ? submitInBulk() : submitSingly())
const figures: GeneratorFigures = {
  startedAt,
  firstAcceptedAt: firstAcceptedAt ?? now(),
  lastAcceptedAt: now(),
  refused,
  accept: recorder.latencies,
}
console.log(JSON.stringify(figures))
process.once('SIGTERM', () => process.exit(0)) // until then it receives webhooks

function now(): number {
  return performance.timeOrigin + performance.now()
}

/** As many requests under way as there are connections; each goes until it is accepted. */
async function submitInBulk(): Promise<void> {
  if (task.kind !== 'bulk') return
  const { jobs, bulkSize } = task
  let next = 0
  const submitter = async () => {
    while (next < jobs) {
      const first = next
      const count = Math.min(bulkSize, jobs - first)
      next += count
      const list = Array.from({ length: count }, (_, index) => job(first + index))
      const sentAt = performance.now()
      await submit(JSON.stringify({ jobs: list }))
      recorder.record(performance.now() - sentAt)
    }
  }
  await Promise.all(Array.from({ length: task.connections }, submitter))
}

/**
 * At a fixed rate, whatever the answers take: a slow answer counts from when its
 * request was due. Those of the first seconds do not count.
 */
async function submitSingly(): Promise<void> {
  if (task.kind !== 'singles') return
  const { jobs, perSecond } = task
  const beganAt = performance.now()
  const underWay: Array<Promise<void>> = []
  for (let index = 0; index < jobs; ) {
    const dueMs = beganAt + (index * 1_000) / perSecond
    const earlyMs = dueMs - performance.now()
    if (earlyMs > 0) {
      await delay(earlyMs)
      continue
    }
    const isSettled = dueMs - beganAt >= SETTLING_MS
    underWay.push(
      submit(JSON.stringify(job(index))).then(() => {
        if (isSettled) recorder.record(performance.now() - dueMs)
      }),
    )
    index += 1
  }
  await Promise.all(underWay)
}

async function submit(body: string): Promise<void> {
  for (;;) {
    const answer = await pool.request({ method: 'POST', path: target.pathname, headers, body })
    const text = await answer.body.text()
    if (answer.statusCode === 202) break
    if (answer.statusCode !== 503) throw new Error(`${answer.statusCode}: ${text}`)
    refused += 1
    await delay(RETRY_MS)
  }
  firstAcceptedAt ??= now()
}

function job(index: number): object {
  const hasWebhook = task.webhookEvery > 0 && index % task.webhookEvery === 0
  return {
    ...jobOf(index),
    ...(hasWebhook && { webhook: { url: webhookUrl } }),
    ...(task.notBefore && { not_before: task.notBefore }),
  }
}
