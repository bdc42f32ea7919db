import { describe, expect, it } from '@jest/globals'
import type { Behaviour } from '@longhaul/simulator'
import type OpenAI from 'openai'
import { chatLine, createBatch, untilBatch, untilEnded } from './batch-files.ts'
import { type RunningServer, startServer } from './running-server.ts'

/** Of the tenant that fills the queue; it need not end. */
const MANY = 3_000
const FEW = 100
const BURST = 50

const limits: Array<[string, number, Behaviour]> = [
  ['by its concurrency', 5, { latencyMs: 100 }],
  [
    'by answering 429',
    64,
    { hiddenRateLimit: { requestsPerSecond: 50, burst: BURST }, latencyMs: 5 },
  ],
]

describe.each(limits)('a model limited to 50 requests a second %s', (name, calls, behaviour) => {
  it("is shared alike: a small batch takes less than 3 × its time beside another tenant's large one", async () => {
    const server = await startServer(simulator => ({
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
      await useUp(server)
      const alone = await secondsOf(b, `alone-${calls}`)
      await createBatch(server.client, linesOf(`large-${calls}`, MANY))
      await untilFilled(server)
      const job = startOfInteractive(server, b)
      const beside = await secondsOf(b, `beside-${calls}`)
      expect({ name, beside, alone, ratio: beside / alone }).toMatchObject({ name })
      expect(beside / alone).toBeLessThan(3)
      expect(await job).toBeLessThan(1)
    } finally {
      await server.close()
    }
  }, 120_000)
})

function linesOf(prefix: string, count: number) {
  return Array.from({ length: count }, (_, index) => chatLine(`${prefix}-${index}`, 'limited'))
}

/**
 * What a limit lets pass at once after a rest: beside another tenant nothing of
 * it is left, and it would serve half of a small batch that is alone.
 */
async function useUp({ simulator }: RunningServer): Promise<void> {
  const body = JSON.stringify(chatLine('before', 'limited').body)
  const headers = { 'content-type': 'application/json' }
  const call = () => fetch(`${simulator.url}/chat/completions`, { method: 'POST', headers, body })
  const answers = await Promise.all(Array.from({ length: BURST }, call))
  expect(answers.map(({ status }) => status)).toContain(200)
}

async function secondsOf(client: OpenAI, prefix: string): Promise<number> {
  const startedAt = performance.now()
  const { id } = await createBatch(client, linesOf(prefix, FEW))
  await untilEnded(client, id, 60_000)
  return (performance.now() - startedAt) / 1_000
}

async function untilFilled(server: RunningServer): Promise<void> {
  const { data } = await server.client.batches.list()
  await untilBatch(server.client, data[0]?.id ?? '', ({ request_counts }) => {
    return (request_counts?.completed ?? 0) > 50
  })
}

/** Seconds from its submission to the beginning of its first call. */
async function startOfInteractive(server: RunningServer, client: OpenAI): Promise<number> {
  const submitted = await fetch(`${server.url}/v1/jobs`, {
    method: 'POST',
    headers: { authorization: `Bearer ${client.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ lane: 'interactive', body: chatLine('urgent', 'limited').body }),
  })
  const { id } = (await submitted.json()) as { id: string }
  const ended = await fetch(`${server.url}/v1/jobs/${id}?wait=30`, {
    headers: { authorization: `Bearer ${client.apiKey}` },
  })
  const job = (await ended.json()) as { created_at: string; started_at: string }
  return (Date.parse(job.started_at) - Date.parse(job.created_at)) / 1_000
}
