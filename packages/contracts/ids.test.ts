import { describe, expect, it } from '@jest/globals'
import { firstUuidAt, idFrom, newId, timeOfUuid, uuidOf } from './ids.ts'

describe('an id', () => {
  it.each([
    ['job', /^job_[0-9a-f]{32}$/],
    ['batch', /^batch_[0-9a-f]{32}$/],
    ['file', /^file-[0-9a-f]{32}$/],
    ['event', /^evt_[0-9a-f]{32}$/],
  ] as const)('of a %s shows its kind', (kind, shape) => {
    expect(newId(kind)).toMatch(shape)
  })

  it('sorts by creation, also within a millisecond', () => {
    const ids = Array.from({ length: 1_000 }, () => newId('job'))
    expect(ids.toSorted()).toEqual(ids)
  })

  it('holds its time', () => {
    const before = Date.now()
    const time = timeOfUuid(uuidOf('job', newId('job')) ?? '')
    expect(time).toBeGreaterThanOrEqual(before)
    expect(time).toBeLessThanOrEqual(Date.now())
  })

  it('goes to PostgreSQL and back', () => {
    const id = newId('event')
    const hex = uuidOf('event', id) ?? ''
    const stored = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
    expect(idFrom('event', stored)).toBe(id)
  })

  it.each([
    ['of another kind', newId('batch')],
    ['without its prefix', newId('job').slice(4)],
    ['that is too short', 'job_0190'],
    ['of another version', `job_${'0'.repeat(32)}`],
    ['in capitals', newId('job').toUpperCase()],
    ['with more behind it', `${newId('job')}0`],
  ])('%s is none of a job', (_name, id) => {
    expect(uuidOf('job', id)).toBeUndefined()
  })
})

describe('firstUuidAt', () => {
  it('comes before every id of its millisecond, and after those of the one before', () => {
    const id = newId('job')
    const hex = uuidOf('job', id) ?? ''
    const time = timeOfUuid(hex)
    expect(firstUuidAt(time).replaceAll('-', '') <= hex).toBe(true)
    expect(firstUuidAt(time + 1).replaceAll('-', '') > hex).toBe(true)
  })
})
