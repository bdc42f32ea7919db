import { configSchema } from '@longhaul/contracts'
import { createRouter } from '@longhaul/routing'
import { manyModels } from './many-models.ts'
import { mixedTexts } from './texts.ts'

const CHARACTERS = 1_024
const WARM_UP = 5_000
const DECISIONS = 30_000
const TEXTS = 5_000

const idle = { latencyMs: 900, errorRate: 0, inFlight: 1, queued: 0, capacity: 10 }

/** Whole decisions among 20 models, on prompts of 1 KB mixed of the given ones; no I/O. */
export function printSpeed(prompts: readonly string[]): void {
  const models = manyModels()
  const router = createRouter(configSchema.parse({ models }))
  const texts = mixedTexts(prompts, TEXTS, CHARACTERS)
  const micros = new Float64Array(DECISIONS)
  const options = { policy: null, requestedModel: null, number: 1, now: 0, random: () => 0 }
  let usage = process.cpuUsage()
  for (let turn = -WARM_UP; turn < DECISIONS; turn++) {
    if (turn === 0) usage = process.cpuUsage()
    const request = requestOf(texts[Math.abs(turn) % texts.length] ?? '')
    const from = process.hrtime.bigint()
    router.decide(request, { of: () => idle }, options)
    if (turn >= 0) micros[turn] = Number(process.hrtime.bigint() - from) / 1_000
  }
  const { user, system } = process.cpuUsage(usage)
  micros.sort()
  const at = (share: number) => (micros[Math.floor(share * DECISIONS)] as number).toFixed(0)
  const perSecond = Math.round((DECISIONS * 1e6) / (user + system))
  console.log(
    `\ndecisions on prompts of 1 KB among ${Object.keys(models).length} models: p50 ${at(0.5)} µs, p99 ${at(0.99)} µs, ` +
      `${perSecond.toLocaleString('en')} per second of a core`,
  )
}

function requestOf(content: string) {
  return {
    endpoint: '/v1/chat/completions' as const,
    body: { messages: [{ role: 'user', content }] },
    bodyBytes: content.length,
    lane: 'standard' as const,
    tenantId: 'tenant_1',
    metadata: {},
    deadlineAt: undefined,
    exclusions: [],
    preferred: [],
  }
}
