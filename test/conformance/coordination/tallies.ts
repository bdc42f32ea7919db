import { describe, expect, it } from '@jest/globals'
import { eventually } from '../eventually.ts'
import type { OpenCoordination } from './surroundings.ts'

const DAY_MS = 86_400_000

export function exerciseTallies(open: OpenCoordination): void {
  describe('tallies', () => {
    it('know nothing of what nobody added to, and at once what this process added', async () => {
      const { coordination } = await open.one()
      const { tallies } = coordination
      expect(tallies.of('budget')).toEqual({})

      tallies.add('budget', { usd: 0.25, jobs: 1 }, DAY_MS)
      tallies.add('budget', { usd: -0.05 }, DAY_MS)
      tallies.add('other', { usd: 7 }, DAY_MS)

      expect(tallies.of('budget')).toEqual({ usd: 0.2, jobs: 1 })
    })

    it('are sums of what all instances add', async () => {
      const { instances } = await open.several(3)
      const [one, other, third] = instances.map(({ tallies }) => tallies)
      for (let round = 0; round < 10; round += 1) {
        one?.add('budget', { usd: 0.1 }, DAY_MS)
        other?.add('budget', { usd: 1 }, DAY_MS)
      }
      for (const tallies of [one, other, third]) {
        const { usd } = await eventually(
          () => tallies?.of('budget') ?? {},
          sums => Math.abs((sums.usd ?? 0) - 11) < 1e-9,
        )
        expect(usd).toBeCloseTo(11, 9)
      }
    })

    it('begin with what another life knew, and only where nobody knows more', async () => {
      const { instances } = await open.several(2)
      const [one, other] = instances.map(({ tallies }) => tallies)
      one?.begin('budget', { usd: 5 }, DAY_MS)
      one?.add('budget', { usd: 1 }, DAY_MS)
      await eventually(
        () => other?.of('budget') ?? {},
        ({ usd }) => usd === 6,
      )

      other?.begin('budget', { usd: 100 }, DAY_MS)
      other?.add('budget', { usd: 1 }, DAY_MS)

      await eventually(
        () => one?.of('budget') ?? {},
        ({ usd }) => usd === 7,
      )
      expect(other?.of('budget')).toEqual({ usd: 7 })
    })
  })
}
