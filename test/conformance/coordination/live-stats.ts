import { describe, expect, it } from '@jest/globals'
import { eventually } from '../eventually.ts'
import { KEY, type OpenCoordination } from './surroundings.ts'

export function exerciseLiveStats(open: OpenCoordination): void {
  describe('live figures', () => {
    it('know nothing of a deployment that was never called', async () => {
      const { coordination } = await open.one()

      expect(coordination.live.of(KEY)).toEqual({
        inFlight: 0,
        latencyMs: undefined,
        latencySdMs: undefined,
        errorRate: 0,
      })
    })

    it('count calls in flight, of each deployment apart', async () => {
      const { coordination } = await open.one()
      const { live } = coordination
      const end = live.begin(KEY, 'standard')
      live.begin(KEY, 'standard')
      live.begin('large/us', 'standard')
      await eventually(
        () => [live.of(KEY).inFlight, live.of('large/us').inFlight],
        counts => counts.join() === '2,1',
      )

      end('neutral')
      end('neutral')

      await eventually(
        () => live.of(KEY).inFlight,
        count => count === 1,
      )
    })

    it('average latency over successes and errors over all that ended for a reason', async () => {
      const { coordination } = await open.one()
      const { live } = coordination

      live.begin(KEY, 'standard')({ ok: true, latencyMs: 100 })
      live.begin(KEY, 'standard')({ ok: true, latencyMs: 300 })
      live.begin(KEY, 'standard')({ ok: false, latencyMs: 9_000 })
      live.begin(KEY, 'standard')({ ok: false, latencyMs: 9_000 })
      for (let call = 0; call < 20; call += 1) live.begin(KEY, 'standard')('neutral')

      const { latencyMs } = await eventually(
        () => live.of(KEY),
        ({ inFlight, errorRate }) => inFlight === 0 && errorRate > 0.3 && errorRate < 0.7,
      )
      expect(latencyMs).toBeGreaterThan(100)
      expect(latencyMs).toBeLessThan(300)
    })

    it('tell how much latency varies', async () => {
      const { coordination } = await open.one()
      const { live } = coordination
      for (const latencyMs of [100, 300, 100, 300]) {
        live.begin(KEY, 'bulk')({ ok: true, latencyMs })
      }

      const { latencySdMs } = await eventually(
        () => live.of(KEY),
        ({ latencyMs }) => latencyMs === 200,
      )
      expect(latencySdMs).toBeCloseTo(100, 3)
    })

    it('tell what flows through each lane', async () => {
      const { coordination } = await open.one()
      const { live } = coordination
      live.begin(KEY, 'bulk')('neutral')
      live.begin(KEY, 'interactive')

      const lanes = await eventually(
        () => live.lanesOf(KEY),
        ({ interactive }) => interactive.inFlight === 1,
      )
      expect(lanes).toEqual({
        interactive: { inFlight: 1, begun: 1 },
        standard: { inFlight: 0, begun: 0 },
        bulk: { inFlight: 0, begun: 1 },
      })
    })

    it('follow what changes', async () => {
      const { coordination, clock } = await open.one()
      const { live } = coordination
      for (let call = 0; call < 50; call += 1)
        live.begin(KEY, 'standard')({ ok: false, latencyMs: 10 })
      for (let call = 0; call < 50; call += 1)
        live.begin(KEY, 'standard')({ ok: true, latencyMs: 100 })

      for (let call = 0; call < 50; call += 1) {
        clock.advance(10_000)
        live.begin(KEY, 'standard')({ ok: true, latencyMs: 1_000 })
      }

      await eventually(
        () => live.of(KEY),
        ({ latencyMs = 0, errorRate }) => latencyMs > 950 && errorRate < 0.05,
      )
    })
  })
}
