/**
 * How long a small tenant waits beside a large one, in seconds: an urgent job and a
 * batch of 100 lines while another tenant's batch of 50,000 runs on a model limited
 * to 50 requests a second. `npm run bench:fairness -- [--lines N] [--bus kafka]`
 */
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { JobView } from '@longhaul/contracts'
import { openStore } from '@longhaul/store'
import OpenAI from 'openai'
import { type Arena, openArena } from './arena.ts'
import { writeBatchFile } from './batch-file.ts'
import { check } from './check.ts'
import { ClusterContender } from './cluster-contender.ts'
import type { LonghaulServer } from './contender.ts'
import { LonghaulContender } from './longhaul-contender.ts'

const MODEL = 'small'
const FEW = 100
const LINE_BYTES = 800
const PER_SECOND = 50
/** Lines of the large batch that have ended before the small tenant comes. */
const UNDER_WAY = 500
const POLL_MS = 50
const PATIENCE_MS = 300_000
const MOST_RATIO = 3
const MOST_START_SECONDS = 1
const TRIALS = 3

const { values } = parseArgs({
  options: {
    lines: { type: 'string', default: '50000' },
    bus: { type: 'string', default: 'memory' },
  },
})
const prepare = { memory: LonghaulContender.prepare, kafka: ClusterContender.prepare }[values.bus]
if (!prepare) throw new Error(`--bus ${values.bus}: choose of memory, kafka`)

// Children die with this process: it must end by `exit`, not by a signal.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

const arena = await openArena({
  [MODEL]: { hiddenRateLimit: { requestsPerSecond: PER_SECOND, burst: PER_SECOND }, latencyMs: 20 },
})
try {
  const longhaul = await prepare(arena, {})
  await longhaul.start()
  try {
    await measure(longhaul)
  } finally {
    await longhaul.stop()
  }
} finally {
  await arena.close()
}

async function measure(longhaul: LonghaulServer): Promise<void> {
  const large = clientOf(longhaul, longhaul.apiKey)
  const small = clientOf(longhaul, await keyOf(arena, 'small'))
  const fewLines = await written('few.jsonl', FEW)
  // The first finds out what the model takes.
  await batchSeconds(small, fewLines)
  const alone = await batchSeconds(small, fewLines)
  const { id } = await created(large, await written('many.jsonl', Number(values.lines)))
  await untilBatch(large, id, ({ request_counts: counts }) => (counts?.completed ?? 0) > UNDER_WAY)
  console.log(`${longhaul.name}: ${FEW} lines alone ${alone.toFixed(2)} s`)
  for (let trial = 1; trial <= TRIALS; trial += 1) {
    const [started, beside] = await Promise.all([
      startSeconds(longhaul, small),
      batchSeconds(small, fewLines),
    ])
    const { request_counts: counts } = await large.batches.retrieve(id)
    console.log(
      `  beside ${counts?.completed} of ${counts?.total} lines of another: urgent job begun after ${started.toFixed(3)} s, ${FEW} lines ${beside.toFixed(2)} s, ${(beside / alone).toFixed(2)} times as long`,
    )
    check(started < MOST_START_SECONDS, `begun within ${MOST_START_SECONDS} s`)
    check(beside <= MOST_RATIO * alone, `within ${MOST_RATIO} times the time alone`)
  }
  await large.batches.cancel(id)
}

function clientOf({ url }: LonghaulServer, apiKey: string): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey })
}

async function keyOf({ databaseUrl }: Arena, tenantName: string): Promise<string> {
  const store = await openStore({ databaseUrl })
  try {
    const tenant = await store.tenants.ensure(tenantName)
    return await store.tenants.createKey(tenant.id, 'bench')
  } finally {
    await store.stop()
  }
}

async function written(name: string, lines: number): Promise<string> {
  const path = join(arena.folder, name)
  await writeBatchFile(path, { lines, lineBytes: LINE_BYTES, models: [MODEL] })
  return path
}

async function created(client: OpenAI, path: string): Promise<OpenAI.Batch> {
  const file = await client.files.create({ file: createReadStream(path), purpose: 'batch' })
  // Each is meant: not the same request sent again.
  const headers = { 'Idempotency-Key': file.id }
  const batch = { input_file_id: file.id, endpoint: '/v1/chat/completions' as const }
  return client.batches.create({ ...batch, completion_window: '24h' }, { headers })
}

/** From its creation to its end, uploading aside. */
async function batchSeconds(client: OpenAI, path: string): Promise<number> {
  const { id } = await created(client, path)
  const since = performance.now()
  await untilBatch(client, id, ({ status }) => status === 'completed')
  return (performance.now() - since) / 1_000
}

async function untilBatch(
  client: OpenAI,
  id: string,
  isReached: (batch: OpenAI.Batch) => boolean,
): Promise<void> {
  for (const until = performance.now() + PATIENCE_MS; performance.now() < until; ) {
    if (isReached(await client.batches.retrieve(id))) return
    await delay(POLL_MS)
  }
  throw new Error('the batch takes too long')
}

/** From the submission of an urgent job to its first call. */
async function startSeconds({ url }: LonghaulServer, { apiKey }: OpenAI): Promise<number> {
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }
  const messages = [{ role: 'user', content: 'now' }]
  const body = JSON.stringify({ lane: 'interactive', body: { model: MODEL, messages } })
  const submitted = await fetch(`${url}/v1/jobs`, { method: 'POST', headers, body })
  const { id } = (await submitted.json()) as JobView
  const ended = await fetch(`${url}/v1/jobs/${id}?wait=60`, { headers })
  const { created_at, started_at } = (await ended.json()) as JobView
  return (Date.parse(started_at ?? '') - Date.parse(created_at)) / 1_000
}
