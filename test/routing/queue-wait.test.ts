import { describe, expect, it } from '@jest/globals'
import { type Load, type Wait, waitsUnder } from './scripted-queue.ts'

const model = { servers: 10, callMs: 2_000, variation: 0.5 }

/** Over several runs, of the jobs that had to wait, or were expected to. */
async function waitsIn(load: Omit<Load, 'seed'>): Promise<Wait[]> {
  const runs: Wait[] = []
  for (const seed of [1, 2, 3]) runs.push(...(await waitsUnder({ ...load, seed })))
  return runs.filter(({ predicted, measuredMs }) => measuredMs > 0 || predicted.ms > 0)
}

function figuresOf(waits: readonly Wait[]) {
  const sum = (of: (wait: Wait) => number) => waits.reduce((total, wait) => total + of(wait), 0)
  const measured = sum(({ measuredMs }) => measuredMs)
  return {
    ratio: sum(({ predicted }) => predicted.ms) / measured,
    error: sum(({ predicted, measuredMs }) => Math.abs(predicted.ms - measuredMs)) / measured,
    covered:
      sum(({ predicted, measuredMs }) =>
        Number(measuredMs >= predicted.earliestMs && measuredMs <= predicted.latestMs),
      ) / waits.length,
  }
}

describe('the predicted wait, against the measured one', () => {
  it.each([
    ['nine tenths of what the model can do', 4.5, 600],
    ['a fifth more than it can do', 6, 300],
    ['twice what it can do', 10, 150],
  ])(
    'is within 30%, and in its bounds four times out of five, at %s',
    async (_, standard, seconds) => {
      const figures = figuresOf(await waitsIn({ ...model, arrivals: { standard }, seconds }))

      expect(Math.abs(figures.ratio - 1)).toBeLessThan(0.1)
      expect(figures.error).toBeLessThan(0.3)
      expect(figures.covered).toBeGreaterThan(0.75)
      expect(figures.covered).toBeLessThan(0.85)
    },
  )

  it('knows that urgent lanes come first, and what comes in them meanwhile', async () => {
    const arrivals = { interactive: 1, standard: 3, bulk: 3 }
    const waits = await waitsIn({ ...model, arrivals, seconds: 300 })

    for (const lane of ['standard', 'bulk'] as const) {
      const figures = figuresOf(waits.filter(wait => wait.lane === lane))
      expect(Math.abs(figures.ratio - 1)).toBeLessThan(0.3)
    }
  })

  it('sees by the pace that a provider allows less than the configuration says', async () => {
    const arrivals = { standard: 4 }
    const waits = await waitsIn({ ...model, arrivals, leastGapMs: 300, seconds: 300 })

    expect(figuresOf(waits).error).toBeLessThan(0.1)
  })
})
