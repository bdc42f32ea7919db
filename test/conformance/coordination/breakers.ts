import { describe, expect, it } from '@jest/globals'
import { eventually } from '../eventually.ts'
import {
  fail,
  KEY,
  type OpenCoordination,
  openAndWait,
  permit,
  settleCalls,
  stateBecomes,
} from './surroundings.ts'

export function exerciseBreakers(open: OpenCoordination): void {
  describe('breakers', () => {
    it('are closed to begin with, each on its own', async () => {
      const { coordination } = await open.one()
      const { breakers } = coordination
      fail(breakers, 4)
      await stateBecomes(breakers, 'open')

      expect(breakers.view('large/us')).toEqual({
        state: 'closed',
        openUntil: undefined,
        reason: undefined,
      })
      expect(breakers.acquire('large/us')).toBeDefined()
    })

    it('open at the share of failures, and let nothing pass until the time is up', async () => {
      const { coordination, clock } = await open.one()
      const { breakers } = coordination
      settleCalls(breakers, ['success', 'success', 'failure'])
      expect(breakers.view(KEY).state).toBe('closed')

      fail(breakers, 1)

      const { openUntil, reason } = await stateBecomes(breakers, 'open')
      expect(openUntil).toBe(clock.now() + 10_000)
      expect(reason).toContain('2 of 4')
      clock.advance(9_999)
      expect(breakers.acquire(KEY)).toBeUndefined()
      clock.advance(1)
      await permit(breakers)
    })

    it('limit the probes, and close after as many successes', async () => {
      const { coordination, clock } = await open.one()
      const { breakers } = coordination
      await openAndWait(breakers, clock)

      const first = await permit(breakers)
      const second = await permit(breakers)
      expect(breakers.acquire(KEY)).toBeUndefined()
      first.settle('success')
      second.settle('success')

      const { openUntil, reason } = await stateBecomes(breakers, 'closed')
      expect({ openUntil, reason }).toEqual({ openUntil: undefined, reason: undefined })
    })

    it('give one probe, and none beside another, to a call that may fail by its own fault', async () => {
      const { coordination, clock } = await open.one()
      const { breakers } = coordination
      await openAndWait(breakers, clock)
      const suspect = await eventually(
        () => breakers.acquire(KEY, { alone: true }),
        given => given !== undefined,
      )
      expect(breakers.acquire(KEY, { alone: true })).toBeUndefined()
      const other = await permit(breakers)
      suspect?.settle('neutral')
      expect(breakers.acquire(KEY, { alone: true })).toBeUndefined()

      other.settle('success')
      ;(await permit(breakers)).settle('success')

      await stateBecomes(breakers, 'closed')
      breakers.acquire(KEY)
      expect(breakers.acquire(KEY, { alone: true })).toBeDefined()
    })

    it('open again, for twice as long, when a probe fails', async () => {
      const { coordination, clock } = await open.one()
      const { breakers } = coordination
      await openAndWait(breakers, clock)

      ;(await permit(breakers)).settle('failure')

      const { openUntil } = await stateBecomes(breakers, 'open')
      expect(openUntil).toBe(clock.now() + 20_000)
    })

    it('are held until the time that is told, whatever calls say, and then probed', async () => {
      const { coordination, clock } = await open.one()
      const { breakers } = coordination
      const before = await permit(breakers)
      const until = clock.now() + 90_000

      breakers.holdUntil(KEY, until, 'Retry-After: 90')
      await stateBecomes(breakers, 'open')
      before.settle('success')
      expect(breakers.view(KEY)).toEqual({
        state: 'open',
        openUntil: until,
        reason: 'Retry-After: 90',
      })
      clock.advance(89_999)
      expect(breakers.acquire(KEY)).toBeUndefined()
      clock.advance(1)

      await permit(breakers)
      expect(breakers.view(KEY).state).toBe('half-open')
    })

    it('tell every change of state', async () => {
      const { coordination, clock } = await open.one()
      const { breakers } = coordination
      const told: string[] = []
      const end = breakers.onChange((deployment, { state }) => told.push(`${deployment} ${state}`))
      breakers.onChange(() => {
        throw new Error('a fault of the receiver')
      })

      await openAndWait(breakers, clock)
      await eventually(
        () => told,
        all => all.length === 2,
      )
      ;(await permit(breakers)).settle('success')
      ;(await permit(breakers)).settle('success')
      await eventually(
        () => told,
        all => all.length === 3,
      )
      end()
      fail(breakers, 4)
      await stateBecomes(breakers, 'open')

      expect(told).toEqual([`${KEY} open`, `${KEY} half-open`, `${KEY} closed`])
    })

    it('tell when there may be a permit again for who got none', async () => {
      const { coordination, clock } = await open.one()
      const { breakers } = coordination
      await openAndWait(breakers, clock)
      const first = await permit(breakers)
      await permit(breakers)
      const told = Promise.withResolvers<string>()
      breakers.onPermit(told.resolve)
      expect(breakers.acquire(KEY)).toBeUndefined()
      first.settle('neutral')

      expect(await told.promise).toBe(KEY)
      expect(breakers.acquire(KEY)).toBeDefined()
    })

    it('are one for all instances', async () => {
      const { instances, clock } = await open.several(2)
      const [here, there] = instances.map(({ breakers }) => breakers)
      if (!here || !there) throw new Error('no instances')
      const told: string[] = []
      there.onChange((_, { state }) => told.push(state))

      fail(here, 4)
      await stateBecomes(there, 'open')
      here.holdUntil(KEY, clock.now() + 50_000, 'Retry-After: 50')
      await eventually(
        () => there.view(KEY),
        ({ reason }) => reason === 'Retry-After: 50',
      )
      clock.advance(50_000)

      const first = await permit(here)
      const second = await permit(there)
      expect(here.acquire(KEY)).toBeUndefined()
      expect(there.acquire(KEY)).toBeUndefined()
      first.settle('success')
      second.settle('success')
      await stateBecomes(here, 'closed')
      await stateBecomes(there, 'closed')
      expect(told.at(0)).toBe('open')
    })
  })
}
