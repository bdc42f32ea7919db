import { describe, expect, it } from '@jest/globals'
import { systemClock } from '@longhaul/contracts'
import { ManualClock } from '../../test/manual-clock.ts'
import { readinessOf } from './health.ts'

const up = { ok: true, detail: 'connected' }

describe('readiness', () => {
  it('holds when every part is well, and says how each fares', async () => {
    const ask = readinessOf(
      [
        { name: 'bus', health: () => up },
        { name: 'store', health: async () => up },
      ],
      { clock: systemClock },
    )
    expect(await ask()).toEqual({ ready: true, parts: { bus: up, store: up } })
  })

  it('fails with one part', async () => {
    const down = { ok: false, detail: 'connection refused' }
    const ask = readinessOf(
      [
        { name: 'bus', health: () => up },
        { name: 'store', health: () => down },
      ],
      { clock: systemClock },
    )
    expect(await ask()).toEqual({ ready: false, parts: { bus: up, store: down } })
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('no pool')
      },
    ],
    ['rejects', () => Promise.reject(new Error('no pool'))],
  ])('takes a part that %s for failing', async (_, health) => {
    const ask = readinessOf([{ name: 'store', health }], { clock: systemClock })
    expect(await ask()).toEqual({
      ready: false,
      parts: { store: { ok: false, detail: 'no pool' } },
    })
  })

  it('does not wait for a part that hangs', async () => {
    const clock = new ManualClock()
    const ask = readinessOf([{ name: 'store', health: () => new Promise<never>(() => {}) }], {
      clock,
      timeoutMs: 700,
    })
    const answer = ask()
    clock.advance(700)
    expect(await answer).toEqual({
      ready: false,
      parts: { store: { ok: false, detail: 'no answer within 700 ms' } },
    })
  })

  it('asks once for all who come meanwhile, and anew afterwards', async () => {
    let asked = 0
    const part = {
      name: 'store',
      health: async () => {
        asked += 1
        return up
      },
    }
    const ask = readinessOf([part], { clock: systemClock })
    await Promise.all([ask(), ask(), ask()])
    expect(asked).toBe(1)
    await ask()
    expect(asked).toBe(2)
  })

  it('leaves no timer behind', async () => {
    const clock = new ManualClock()
    await readinessOf([{ name: 'bus', health: () => up }], { clock })()
    expect(clock.pending).toBe(0)
  })
})
