import { describe, expect, it } from '@jest/globals'
import { DecayingMean } from './decaying-mean.ts'

describe('DecayingMean', () => {
  it('is undefined before the first sample', () => {
    expect(new DecayingMean(1_000).value).toBeUndefined()
  })

  it('counts the samples of one moment alike', () => {
    const mean = new DecayingMean(1_000)

    for (const sample of [1, 2, 3, 6]) mean.add(sample, 5_000)

    expect(mean.value).toBeCloseTo(3)
  })

  it('lets a sample count 1/e as much after its memory', () => {
    const mean = new DecayingMean(1_000)
    mean.add(0, 0)

    mean.add(1, 1_000)

    expect(mean.value).toBeCloseTo(1 / (1 + 1 / Math.E))
  })

  it('survives an idle year', () => {
    const mean = new DecayingMean(1_000)
    mean.add(7, 0)

    mean.add(3, 365 * 86_400_000)

    expect(mean.value).toBe(3)
  })

  it('survives a clock that is set back', () => {
    const mean = new DecayingMean(1_000)
    mean.add(1, 1_000_000)

    mean.add(3, 0)

    expect(mean.value).toBeCloseTo(2)
  })
})
