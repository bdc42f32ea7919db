import { describe, expect, it } from '@jest/globals'
import { openMemoryBus } from '@longhaul/bus'
import { configSchema, lanes, modelTopic } from '@longhaul/contracts'
import { openMemoryCoordination } from '@longhaul/coordination'
import { ManualClock } from '../../test/manual-clock.ts'
import { ModelFigures } from './model-figures.ts'

const breaker = {
  ...{ failureRate: 0.5, minCalls: 10, windowMs: 30_000 },
  ...{ openForMs: 10_000, maxOpenForMs: 300_000, probes: 2 },
}
const config = configSchema.parse({
  models: {
    small: {
      context_window: 8_192,
      price: { input: 1, output: 2 },
      deployments: {
        main: {
          provider: 'openai-compatible',
          base_url: 'http://127.0.0.1:9/v1',
          max_concurrency: 4,
        },
      },
    },
  },
})

async function figures() {
  const clock = new ManualClock()
  const bus = await openMemoryBus({ clock })
  await bus.ensureTopics(lanes.map(lane => modelTopic('small', lane)))
  const coordination = await openMemoryCoordination({ clock, breaker })
  const dispatch = { held: async () => [] }
  const live = new ModelFigures({ coordination, bus, clock, dispatch }, config)
  return { clock, coordination, live }
}

describe('the figures of a model', () => {
  it('hold for some milliseconds', async () => {
    const { clock, coordination, live } = await figures()
    expect(live.of('small')).toMatchObject({ inFlight: 0, capacity: 4 })
    coordination.live.begin('small/main', 'standard')
    clock.advance(4)
    expect(live.of('small').inFlight).toBe(0)
    clock.advance(1)
    expect(live.of('small').inFlight).toBe(1)
  })

  it('change at once when a breaker does', async () => {
    const { clock, coordination, live } = await figures()
    expect(live.of('small').openUntil).toBeUndefined()
    const until = clock.now() + 60_000
    coordination.breakers.holdUntil('small/main', until, 'a rate limit')
    expect(live.of('small').openUntil).toBe(until)
  })

  it('change at once when a job is sent to the model', async () => {
    const { coordination, live } = await figures()
    coordination.live.begin('small/main', 'standard')({ ok: true, latencyMs: 1_000 })
    await live.queues.look()
    expect(live.of('small').waits?.standard.ms).toBe(0)
    for (let job = 0; job < 4; job++) live.sent('small', 'standard')
    expect(live.of('small').waits?.standard.ms).toBeGreaterThan(0)
  })
})
