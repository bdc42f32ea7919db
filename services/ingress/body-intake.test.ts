import { describe, expect, it } from '@jest/globals'
import { BodyIntake } from './body-intake.ts'

const MIB = 1024 * 1024

describe('work on bodies, in turn', () => {
  const intake = new BodyIntake({ maxBodyBytes: 10 * MIB, maxTotalBytes: 128 * MIB })

  /** Begins work on bodies of so many bytes; each ends when it is told to. */
  function begin(sizes: readonly number[]) {
    const begun: number[] = []
    const held = sizes.map((bytes, index) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      const ended = intake.inTurn(bytes, () => {
        begun.push(index)
        return promise
      })
      return { end: resolve, ended }
    })
    return { begun, held }
  }

  async function endAll(held: ReturnType<typeof begin>['held']): Promise<void> {
    for (const { end } of held) end()
    await Promise.all(held.map(({ ended }) => ended))
  }

  it('goes on with large bodies one after the other', async () => {
    const { begun, held } = begin([10 * MIB, 5 * MIB, 5 * MIB])
    await Promise.resolve()
    expect(begun).toEqual([0])
    held[0]?.end()
    await held[0]?.ended
    await Promise.resolve()
    expect(begun).toEqual([0, 1])
    await endAll(held)
    expect(begun).toEqual([0, 1, 2])
  })

  it('goes on with small bodies at once, also beside a large one', async () => {
    const sizes = [10 * MIB, ...Array.from({ length: 1_000 }, (_, index) => 65 * index)]
    const { begun, held } = begin(sizes)
    await Promise.resolve()
    expect(begun.toSorted((a, b) => a - b)).toEqual([...sizes.keys()])
    await endAll(held)
  })

  it('goes on with several that are not so large at a time', async () => {
    const { begun, held } = begin(Array.from({ length: 9 }, () => MIB))
    await Promise.resolve()
    expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    await endAll(held)
  })

  it('goes on after work that failed', async () => {
    await expect(intake.inTurn(10 * MIB, () => Promise.reject(new Error('no')))).rejects.toThrow()
    await expect(intake.inTurn(10 * MIB, async () => 'done')).resolves.toBe('done')
  })
})
