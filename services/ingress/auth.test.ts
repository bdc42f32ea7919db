import { beforeEach, describe, expect, it } from '@jest/globals'
import { ManualClock } from '../../test/manual-clock.ts'
import { Authenticator } from './auth.ts'

const tenant = { id: 'tenant_a', name: 'a' }

describe('Authenticator', () => {
  let clock: ManualClock
  let known: Set<string>
  let asked: string[]
  let failWith: Error | undefined
  let authenticator: Authenticator

  beforeEach(() => {
    clock = new ManualClock()
    known = new Set(['lh_good'])
    asked = []
    failWith = undefined
    authenticator = new Authenticator({
      clock,
      tenants: {
        async ofKey(key) {
          asked.push(key)
          if (failWith) throw failWith
          return known.has(key) ? tenant : undefined
        },
      },
    })
  })

  it.each(['Bearer lh_good', 'bearer lh_good', 'Bearer   lh_good '])('takes %p', async header => {
    expect(await authenticator.tenantOf(header)).toBe(tenant)
  })

  it.each([
    [undefined, 'There is no API key: send `Authorization: Bearer <key>`.'],
    ['', '`Authorization` must be `Bearer <key>`.'],
    ['Basic bGg6eA==', '`Authorization` must be `Bearer <key>`.'],
    ['Bearer', '`Authorization` must be `Bearer <key>`.'],
    ['Bearer a b', '`Authorization` must be `Bearer <key>`.'],
    ['Bearer lh_wrong', 'This API key is unknown or revoked: check it.'],
    [`Bearer ${'x'.repeat(10_000)}`, 'This API key is unknown or revoked: check it.'],
  ])('refuses %p', async (header, message) => {
    await expect(authenticator.tenantOf(header)).rejects.toMatchObject({
      code: 'invalid_api_key',
      message,
    })
  })

  it('remembers a key for ten seconds', async () => {
    await authenticator.tenantOf('Bearer lh_good')
    clock.advance(9_999)
    await authenticator.tenantOf('Bearer lh_good')
    expect(asked).toHaveLength(1)
    known.clear()
    clock.advance(1)
    await expect(authenticator.tenantOf('Bearer lh_good')).rejects.toMatchObject({ status: 401 })
  })

  it('remembers an unknown key for two', async () => {
    await expect(authenticator.tenantOf('Bearer lh_new')).rejects.toMatchObject({ status: 401 })
    known.add('lh_new')
    clock.advance(1_999)
    await expect(authenticator.tenantOf('Bearer lh_new')).rejects.toMatchObject({ status: 401 })
    clock.advance(1)
    expect(await authenticator.tenantOf('Bearer lh_new')).toBe(tenant)
  })

  it('asks once for requests that come together', async () => {
    await Promise.all(Array.from({ length: 20 }, () => authenticator.tenantOf('Bearer lh_good')))
    expect(asked).toHaveLength(1)
  })

  it('does not remember that it could not ask', async () => {
    failWith = new Error('away')
    await expect(authenticator.tenantOf('Bearer lh_good')).rejects.toThrow('away')
    failWith = undefined
    expect(await authenticator.tenantOf('Bearer lh_good')).toBe(tenant)
  })

  it('refuses to ask for hundreds of keys at once', async () => {
    const guesses = Array.from({ length: 300 }, (_, index) =>
      authenticator.tenantOf(`Bearer guess${index}`).catch(error => error.code),
    )
    const codes = await Promise.all(guesses)
    expect(codes.filter(code => code === 'overloaded')).toHaveLength(100)
  })
})
