import { afterEach, describe, expect, it } from '@jest/globals'
import { eventually } from '../conformance/eventually.ts'
import { Pipeline, simulated } from '../pipeline.ts'

const DAY_MS = 86_400_000
/** Some thousand tokens. */
const spoken = 'We spoke of gardens, of roses and of what to plant in spring. '.repeat(300)

describe('jobs of the whole pipeline', () => {
  let pipeline: Pipeline | undefined
  afterEach(async () => {
    await pipeline?.close()
    pipeline = undefined
  })

  async function open(): Promise<Pipeline> {
    pipeline = await Pipeline.open({
      config: simulator => ({
        models: {
          cached: {
            ...simulated(simulator),
            price: { input: 2, output: 2, cached_input: 0.2 },
          },
          cheaper: { ...simulated(simulator), price: { input: 1, output: 1 } },
        },
        policies: {
          cheap: { strategy: 'cheapest' },
          daily: { strategy: 'predictive', budget: { usd_per_day: 1 } },
        },
        default_policy: 'cheap',
      }),
    })
    return pipeline
  }

  it('stay with the deployment that has their conversation in its cache', async () => {
    const p = await open()
    const metadata = { conversation_id: 'garden' }
    await p.untilEnded(await p.submit(spoken, { model: 'cached', metadata }))
    const next = await p.untilEnded(await p.submit(`${spoken} And in autumn?`, { metadata }))
    const stranger = await p.untilEnded(await p.submit(`${spoken} And in autumn?`))

    expect([next.model, stranger.model]).toEqual(['cached', 'cheaper'])
    expect(next.decision?.conversation).toMatchObject({ model: 'cached', kept: true })
    expect(next.decision?.conversation?.saving_usd).toBeGreaterThan(0)
    expect(stranger.decision?.conversation).toBeUndefined()
  })

  it('tell the budget of their policy what they were expected to cost, and what they did cost', async () => {
    const p = await open()
    const name = `held:daily:${Math.floor(Date.now() / DAY_MS)}`
    const jobs = await Promise.all(
      ['Hello there', spoken, 'Good night'].map(async text =>
        p.untilEnded(await p.submit(text, { policy: 'daily' })),
      ),
    )
    const costUsd = jobs.reduce((sum, job) => sum + (job.costUsd ?? 0), 0)
    const { decided, expected, released, recorded } = await eventually(
      () => p.coordination.tallies.of(name),
      sums => sums.recorded !== undefined && Math.abs(sums.recorded - costUsd) < 1e-9,
    )

    expect([decided, recorded]).toEqual([3, expect.closeTo(costUsd, 9)])
    expect(released).toBeCloseTo(expected ?? 0, 9)
    const [state] = await eventually(
      () => p.query<{ policy: string; decided: number }>('SELECT * FROM policy_states'),
      rows => rows[0]?.decided === 3,
    )
    expect(state).toMatchObject({ policy: 'daily' })
  })
})
