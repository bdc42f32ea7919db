import { describe, expect, it } from '@jest/globals'
import type { Store } from '@longhaul/store'
import { startTelemetry } from '@longhaul/telemetry'
import { ManualClock } from '../../test/manual-clock.ts'
import { Leases } from './leases.ts'

const telemetry = startTelemetry({ service: 'test', logLevel: 'silent' })
const LEASE_MS = 30_000

function openLeases() {
  const clock = new ManualClock()
  const renewed: Array<Array<{ jobId: string; fence: number }>> = []
  const lost = new Set<string>()
  const store = {
    jobs: {
      async renew(claims: Array<{ jobId: string; fence: number }>) {
        renewed.push(claims)
        return new Set(claims.map(({ jobId }) => jobId).filter(jobId => !lost.has(jobId)))
      },
    },
  } as unknown as Store
  const leases = new Leases({ store, clock, telemetry }, LEASE_MS)
  leases.start()
  return { leases, clock, renewed, lost, aThird: () => clock.advanceAsync(LEASE_MS / 3) }
}

describe('Leases', () => {
  it('renews three times a lease what is claimed, and not what is about to be', async () => {
    const { leases, renewed, aThird } = openLeases()
    leases.hold('job_1').fence = 1
    const unclaimed = leases.hold('job_2')
    await aThird()
    expect(renewed).toEqual([[{ jobId: 'job_1', fence: 1 }]])
    expect(unclaimed.abort.signal.aborted).toBe(false)
    await aThird()
    expect(renewed).toHaveLength(2)
  })

  it('aborts what it no longer holds', async () => {
    const { leases, lost, aThird } = openLeases()
    const held = leases.hold('job_1')
    held.fence = 1
    lost.add('job_1')
    await aThird()
    expect(held.abort.signal.reason).toBe('lease-lost')
  })

  it('keeps a call when its message comes a second time', async () => {
    const { leases, renewed, aThird } = openLeases()
    const call = leases.hold('job_1')
    call.fence = 1
    const duplicate = leases.hold('job_1')
    expect(leases.size).toBe(2)
    leases.drop(duplicate)

    expect(leases.size).toBe(1)
    await aThird()
    expect(renewed).toEqual([[{ jobId: 'job_1', fence: 1 }]])
    leases.cancel('job_1')
    expect(call.abort.signal.reason).toBe('cancelled')
  })

  it('takes no word of an earlier claim for one of a later', () => {
    const { leases } = openLeases()
    const earlier = leases.hold('job_1')
    earlier.fence = 1
    const later = leases.hold('job_1')
    later.fence = 2
    const unclaimed = leases.hold('job_1')
    leases.lose('job_1', 1)
    expect([earlier, later, unclaimed].map(({ abort }) => abort.signal.aborted)).toEqual([
      true,
      false,
      false,
    ])
  })

  it('renews no more once it is stopped, also while a renewal is under way', async () => {
    const { leases, clock, renewed } = openLeases()
    leases.hold('job_1').fence = 1
    clock.advance(LEASE_MS / 3)
    leases.stop()
    await clock.advanceAsync(LEASE_MS)
    expect(renewed).toHaveLength(1)
  })
})
