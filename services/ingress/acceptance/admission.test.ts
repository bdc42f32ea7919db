import { beforeEach, describe, expect, it } from '@jest/globals'
import type { DispatchKey } from '@longhaul/store'
import { startTelemetry } from '@longhaul/telemetry'
import { ManualClock } from '../../../test/manual-clock.ts'
import { Admission } from './admission.ts'

const PER_KEY = 10
const key: DispatchKey = { lane: 'standard', tenantId: 'tenant_a', model: '' }
const otherLane: DispatchKey = { ...key, lane: 'bulk' }
const otherTenant: DispatchKey = { ...key, tenantId: 'tenant_b' }
const otherModel: DispatchKey = { ...key, model: 'small' }

describe('Admission', () => {
  const { logger } = startTelemetry({ service: 'test', logLevel: 'silent' })
  let clock: ManualClock
  let postgres: {
    published: Array<DispatchKey & { count: number }>
    due: DispatchKey[]
    /** For how long the keys have been due. */
    dueForMs: number
    isAway: boolean
    asked: number
  }
  let room: number
  let admission: Admission

  beforeEach(async () => {
    clock = new ManualClock()
    postgres = { published: [], due: [], dueForMs: 1_000, isAway: false, asked: 0 }
    room = 10_000
    admission = new Admission(
      {
        dispatch: {
          async published() {
            postgres.asked += 1
            if (postgres.isAway) throw new Error('away')
            return postgres.published
          },
          dueKeys: async (forMs = 0) =>
            postgres.dueForMs >= forMs ? postgres.due.map(key => ({ ...key, batchId: null })) : [],
        },
        room: () => room,
        clock,
        logger,
      },
      { publishedPerKey: PER_KEY },
    )
  })

  const admitted = (of: DispatchKey, times: number) =>
    Array.from({ length: times }, () => admission.admit(of)).filter(Boolean).length

  /** As time passes and jobs come in. */
  async function askedAgain(): Promise<void> {
    clock.advance(250)
    admission.admit({ ...key, tenantId: 'tenant_other' })
    await admission.refresh()
  }

  it('keeps every key closed until Postgres has answered', async () => {
    expect(admission.admit(key)).toBe(false)
    await admission.refresh()
    expect(admission.admit(otherLane)).toBe(true)
  })

  it('opens a key up to its share of what is published', async () => {
    await admission.refresh()
    expect(admitted(key, 50)).toBe(PER_KEY)
  })

  it('counts what others have published', async () => {
    postgres.published = [{ ...key, count: 7 }]
    await admission.refresh()
    expect(admitted(key, 50)).toBe(3)
  })

  it.each([
    ['lane', otherLane],
    ['tenant', otherTenant],
    ['model', otherModel],
  ])('counts each %s apart', async (_, other) => {
    postgres.published = [{ ...key, count: PER_KEY }]
    await admission.refresh()
    expect(admission.admit(key)).toBe(false)
    expect(admission.admit(other)).toBe(true)
  })

  it('lets nothing overtake what waits under the same key', async () => {
    postgres.due = [key]
    await admission.refresh()
    expect(admission.admit(key)).toBe(false)
    expect(admission.admit(otherTenant)).toBe(true)
    postgres.due = []
    await askedAgain()
    expect(admission.admit(key)).toBe(true)
  })

  it('is not closed by what is on its way through the dispatcher', async () => {
    postgres.due = [key]
    postgres.dueForMs = 100
    await admission.refresh()
    expect(admission.admit(key)).toBe(true)
  })

  it('stays closed for a key under which it left a job, until Postgres knows better', async () => {
    await admission.refresh()
    room = 0
    expect(admission.admit(key)).toBe(false)
    room = 10_000
    expect(admission.admit(key)).toBe(false)
    await askedAgain()
    expect(admission.admit(key)).toBe(true)
  })

  it('opens again although jobs keep coming in while it asks', async () => {
    await admission.refresh()
    room = 0
    expect(admission.admit(key)).toBe(false)
    room = 10_000
    clock.advance(250)
    expect(admission.admit(key)).toBe(false) // asks
    expect(admission.admit(key)).toBe(false) // came after the question
    await admission.refresh()
    expect(admission.admit(key)).toBe(true)
  })

  it('does not take an answer for later than its question', async () => {
    await admission.refresh()
    const asking = admission.refresh()
    room = 0
    expect(admission.admit(key)).toBe(false) // may be missing in the answer under way
    room = 10_000
    await asking
    expect(admission.admit(key)).toBe(false)
  })

  it('keeps counting its own publications while it asks', async () => {
    await admission.refresh()
    expect(admitted(key, 6)).toBe(6)
    for (let sent = 0; sent < 6; sent += 1) admission.sent(key)
    postgres.published = [{ ...key, count: 6 }]
    const asking = admission.refresh()
    expect(admitted(key, 3)).toBe(3)
    await asking
    expect(admitted(key, 50)).toBe(1)
  })

  it('counts what was on its way when it asked, whether the answer shows it or not', async () => {
    await admission.refresh()
    expect(admitted(key, 6)).toBe(6)
    await askedAgain()
    expect(admitted(key, 50)).toBe(4)
  })

  it('frees what workers have claimed', async () => {
    await admission.refresh()
    expect(admitted(key, 50)).toBe(PER_KEY)
    for (let sent = 0; sent < PER_KEY; sent += 1) admission.sent(key)
    await askedAgain()
    expect(admitted(key, 50)).toBe(PER_KEY)
  })

  it('takes back a job that was not accepted', async () => {
    await admission.refresh()
    admitted(key, PER_KEY)
    admission.withdraw(key)
    expect(admission.admit(key)).toBe(true)
    expect(admission.admit(key)).toBe(false)
  })

  it('leaves room on the bus to others, and counts what is on its way', async () => {
    await admission.refresh()
    room = 503
    expect(admitted(key, PER_KEY)).toBe(3)
    admission.sent(key)
    expect(admitted(otherTenant, PER_KEY)).toBe(1)
  })

  it('publishes nothing for a second after the bus refused', async () => {
    await admission.refresh()
    expect(admission.admit(key)).toBe(true)
    admission.refused(key)
    expect(admission.admit(otherTenant)).toBe(false)
    clock.advance(1_000)
    await askedAgain()
    expect(admission.admit(otherTenant)).toBe(true)
    expect(admission.admit(key)).toBe(true)
  })

  it('asks at most every 250 ms, and only while jobs come in', async () => {
    await admission.refresh()
    admitted(key, 100)
    expect(postgres.asked).toBe(1)
    clock.advance(249)
    admitted(key, 100)
    expect(postgres.asked).toBe(1)
    clock.advance(60_000)
    expect(postgres.asked).toBe(1)
    admitted(key, 100)
    await admission.refresh()
    expect(postgres.asked).toBe(2)
  })

  it('goes by the last answer while Postgres is away', async () => {
    postgres.published = [{ ...key, count: 8 }]
    await admission.refresh()
    expect(admitted(key, 1)).toBe(1)
    postgres.isAway = true
    await askedAgain()
    expect(admitted(key, 50)).toBe(1)
  })
})
