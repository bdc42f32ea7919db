import { describe, expect, it } from '@jest/globals'
import { uuidOf } from '@longhaul/contracts'
import type { Behaviour } from '@longhaul/simulator'
import type OpenAI from 'openai'
import type { Batch } from 'openai/resources/batches'
import { chatLine, createBatch, untilBatch, untilEnded } from './batch-files.ts'
import { type OpenAiServer, openOpenAiServer } from './server.ts'

/** Of the tenant that fills the queue; it need not end. */
const MANY = 3_000
const FEW = 100
const PER_SECOND = 50
/** Little: what gathers of it while the machine is paused is served at once. */
const BURST = 10
const UNDER_WAY = 50
const PATIENCE_MS = 60_000

const limits: Array<[string, number, Behaviour]> = [
  ['by its concurrency', 5, { latencyMs: 100 }],
  [
    'by answering 429',
    64,
    { hiddenRateLimit: { requestsPerSecond: PER_SECOND, burst: BURST }, latencyMs: 5 },
  ],
]

// Seconds would tell how busy this machine is; what was served meanwhile tells who had to wait
// for whom: as many lines of another as one's own make a batch take twice its time alone.
describe.each(limits)('a model limited to 50 requests a second %s', (_, calls, behaviour) => {
  it("serves less than two lines of another tenant's large batch for each of a small one, and an urgent job within a second's worth", async () => {
    const server = await openOpenAiServer(simulator => ({
      models: {
        limited: {
          context_window: 32_000,
          price: { input: 1, output: 2 },
          deployments: {
            main: {
              provider: 'openai-compatible',
              base_url: simulator.url,
              max_concurrency: calls,
            },
          },
        },
      },
    }))
    try {
      server.simulator.script('limited', behaviour)
      const b = await server.clientOf('b')
      const large = await createBatch(server.client, linesOf('large', MANY))
      const isUnderWay = ({ request_counts }: Batch) => (request_counts?.completed ?? 0) > UNDER_WAY
      await untilBatch(server.client, large.id, isUnderWay, PATIENCE_MS)
      const [urgent, small] = await Promise.all([
        urgentJob(server, b),
        createBatch(b, linesOf('small', FEW)),
      ])
      await untilEnded(b, small.id, PATIENCE_MS)
      expect(await servedBeside(server, small.id)).toBeLessThan(2 * FEW)
      expect(await servedBefore(server, urgent)).toBeLessThan(PER_SECOND)
    } finally {
      await server.close()
    }
  }, 600_000)
})

function linesOf(prefix: string, count: number) {
  return Array.from({ length: count }, (_, index) => chatLine(`${prefix}-${index}`, 'limited'))
}

/** Lines of other batches that ended between the first call of this one and its last end. */
async function servedBeside(server: OpenAiServer, batchId: string): Promise<number> {
  const [row] = await server.query<{ count: number }>(
    `SELECT count(*)::integer AS count FROM jobs o,
       (SELECT min(started_at) AS first, max(finished_at) AS last FROM jobs WHERE batch_id = $1) b
     WHERE o.batch_id <> $1 AND o.status = 'succeeded' AND o.finished_at BETWEEN b.first AND b.last`,
    [uuidOf('batch', batchId)],
  )
  return row?.count ?? Number.NaN
}

/** Lines of batches that ended between the submission of a job and its first call. */
async function servedBefore(server: OpenAiServer, jobId: string): Promise<number> {
  const [row] = await server.query<{ count: number }>(
    `SELECT count(*)::integer AS count FROM jobs o, jobs j
     WHERE j.id = $1 AND o.batch_id IS NOT NULL AND o.status = 'succeeded'
       AND o.finished_at BETWEEN j.created_at AND j.started_at`,
    [uuidOf('job', jobId)],
  )
  return row?.count ?? Number.NaN
}

/** @returns its id, once it has ended */
async function urgentJob(server: OpenAiServer, client: OpenAI): Promise<string> {
  const headers = { authorization: `Bearer ${client.apiKey}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ lane: 'interactive', body: chatLine('urgent', 'limited').body })
  const submitted = await fetch(`${server.url}/v1/jobs`, { method: 'POST', headers, body })
  const { id } = (await submitted.json()) as { id: string }
  const ended = await fetch(`${server.url}/v1/jobs/${id}?wait=60`, { headers })
  expect(await ended.json()).toMatchObject({ status: 'succeeded' })
  return id
}
