import { afterEach, describe, expect, it } from '@jest/globals'
import { type Coordination, openMemoryCoordination } from '@longhaul/coordination'
import { BREAKER } from '../conformance/coordination/surroundings.ts'
import { ManualClock } from '../manual-clock.ts'
import { DecidingProcess, memoryStates } from './deciding-process.ts'
import { fromMathematicsToChat } from './drifting-traffic.ts'
import { catalogOf } from './real-life.ts'

const models = {
  small: { quality: 0.5, price: { input: 0.1, output: 0.4 } },
  middle: { quality: 0.75, price: { input: 0.5, output: 2 } },
  strong: { quality: 0.93, price: { input: 5, output: 25 } },
}
const shares = [0.05, 0.3, 0.7]
const policies = Object.fromEntries(
  shares.map(share => [
    `share-${share}`,
    { strategy: 'predictive', target_share: { share, models: ['strong'] } },
  ]),
)
const catalog = catalogOf(models, {
  ...policies,
  tier: { strategy: 'predictive', target_share: { share: 0.5 } },
  curious: { strategy: 'predictive', explore: 0.2, target_share: { share: 0.3 } },
})
const EACH = 3_000
const prompts = fromMathematicsToChat(EACH)
const WARM_UP = 500

/** How far a share among so many decisions one after another is off at most, once warm. */
function worstWindow(chosen: readonly boolean[], share: number, length = 500): number {
  const sums = [0]
  for (const one of chosen) sums.push((sums.at(-1) ?? 0) + Number(one))
  let worst = 0
  for (let end = WARM_UP + length; end < sums.length; end++) {
    const held = ((sums[end] ?? 0) - (sums[end - length] ?? 0)) / length
    worst = Math.max(worst, Math.abs(held - share))
  }
  return worst
}

const shareOf = (chosen: readonly boolean[]) => chosen.filter(Boolean).length / chosen.length

describe('a held share', () => {
  const opened: Coordination[] = []
  const clock = new ManualClock()

  afterEach(() => Promise.all(opened.splice(0).map(one => one.stop())))

  async function openProcesses(count: number, policyStates = memoryStates()) {
    const coordination = await openMemoryCoordination({ clock, breaker: BREAKER })
    opened.push(coordination)
    const parts = { catalog, coordination, policyStates, clock }
    return Array.from({ length: count }, () => new DecidingProcess(parts))
  }

  it.each(shares)('of %d is off by less than 2 points from mathematics to chat', async share => {
    const [process] = await openProcesses(1)
    const chosen = prompts.map(
      prompt => process?.decide(prompt, `share-${share}`).route?.model === 'strong',
    )
    expect(Math.abs(shareOf(chosen) - share)).toBeLessThan(0.005)
    expect(worstWindow(chosen, share)).toBeLessThan(0.02)
  })

  it('goes to the prompts that gain most by it', async () => {
    const [process] = await openProcesses(1)
    const records = prompts.map(prompt => process?.decide(prompt, 'share-0.3').record)
    const gains = records.map(record => {
      const qualityOf = (name: string) =>
        record?.candidates.find(({ model }) => model === name)?.quality ?? 0
      const gain = qualityOf('strong') - Math.max(qualityOf('small'), qualityOf('middle'))
      return { gain, strong: record?.model === 'strong' }
    })
    const meanGain = (list: typeof gains) =>
      list.reduce((sum, { gain }) => sum + gain, 0) / list.length
    for (const half of [gains.slice(WARM_UP, EACH), gains.slice(EACH + WARM_UP)]) {
      const given = half.filter(({ strong }) => strong)
      const best = half.toSorted((a, b) => b.gain - a.gain).slice(0, given.length)
      // What those gain who got it, of what the best so many could gain over anybody.
      const reached = (meanGain(given) - meanGain(half)) / (meanGain(best) - meanGain(half))
      expect(reached).toBeGreaterThan(0.7)
    }
  })

  it('is held by several processes together, each at a third of the traffic', async () => {
    const processes = await openProcesses(3)
    const chosen = prompts.map(
      (prompt, index) =>
        processes[(index * 7) % 3]?.decide(prompt, 'share-0.3').route?.model === 'strong',
    )
    expect(worstWindow(chosen, 0.3, 3 * 500)).toBeLessThan(0.02)
    const { used } = processes[0]?.holdings.of('share-0.3')?.view ?? {}
    expect(used).toBeCloseTo(shareOf(chosen), 5)
  })

  it('goes on over restarts, in the middle of the drift too', async () => {
    const policyStates = memoryStates()
    const chosen: boolean[] = []
    for (const part of [0, 1, 2, 3, 4, 5]) {
      const [process] = await openProcesses(1, policyStates)
      await process?.holdings.open()
      for (const prompt of prompts.slice(part * 1_000, part * 1_000 + 1_000)) {
        chosen.push(process?.decide(prompt, 'share-0.3').route?.model === 'strong')
      }
      await process?.holdings.close()
    }
    expect(worstWindow(chosen, 0.3)).toBeLessThan(0.02)
    const [next] = await openProcesses(1, policyStates)
    await next?.holdings.open()
    expect(next?.holdings.of('share-0.3')?.view.used).toBeCloseTo(shareOf(chosen), 5)
    await next?.holdings.close()
  })

  it('makes up for what could not be helped, and not for long', async () => {
    const [process] = await openProcesses(1)
    const strongAmong = (list: readonly string[]) =>
      shareOf(list.map(prompt => process?.decide(prompt, 'tier').route?.model === 'strong'))
    expect(strongAmong(prompts.slice(0, 1_000))).toBeCloseTo(0.5, 1)
    expect(strongAmong(prompts.slice(1_000, 2_000))).toBeCloseTo(0.5, 1)
  })

  it('is held although some decisions are drawn by lot', async () => {
    const [process] = await openProcesses(1)
    const chosen = prompts.map(
      prompt => process?.decide(prompt, 'curious').route?.model === 'strong',
    )
    expect(worstWindow(chosen, 0.3)).toBeLessThan(0.02)
  })

  it('is told in the decision: what is held and used, and what that took', async () => {
    const [process] = await openProcesses(1)
    const records = prompts.slice(0, 600).map(prompt => process?.decide(prompt, 'share-0.3').record)
    const last = records.at(-1)
    expect(last?.held).toMatchObject({ holds: 'target_share', target: 0.3, models: ['strong'] })
    expect(last?.held?.used).toBeCloseTo(0.3, 1)
    expect(last?.reason).toMatch(
      /; 30% of jobs are held for strong, (29|30|31)% of today's went there: (favoured|asked to be better) by \d/,
    )
  })
})
