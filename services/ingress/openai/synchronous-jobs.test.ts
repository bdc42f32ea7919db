import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { StoreUnavailableError } from '@longhaul/store'
import { openTestIngress, type TestIngress } from '../../../test/ingress.ts'

describe('a caller who waits', () => {
  let test: TestIngress
  beforeAll(async () => {
    test = await openTestIngress()
  })
  afterAll(() => test.close())

  it('is told to come again when PostgreSQL crashed and the job with it', async () => {
    const asked = test.call<{ error: { code: string } }>('POST', '/v1/chat/completions', {
      model: 'small',
      messages: [{ role: 'user', content: 'hello' }],
    })
    const undo = () => test.testStore.query('DELETE FROM jobs RETURNING id')
    while ((await undo()).length === 0) await new Promise(setImmediate)
    const { status, headers, json } = await asked
    expect(status).toBe(503)
    expect(json.error.code).toBe('store_unavailable')
    expect(headers.get('retry-after')).toBe('1')
  })

  it('leaves nobody waiting here when the store is away', async () => {
    const streamed = () => ({
      method: 'POST',
      headers: {
        authorization: `Bearer ${test.key}`,
        'content-type': 'application/json',
        'idempotency-key': 'twice',
      },
      body: JSON.stringify({ model: 'small', input: 'hello', stream: true, background: true }),
    })
    const first = await fetch(`${test.url}/v1/responses`, streamed())
    expect(test.ingress.waiting).toBe(1)
    const away = new StoreUnavailableError(new Error('away'))
    jest.spyOn(test.store.reads, 'get').mockRejectedValueOnce(away)
    const second = await fetch(`${test.url}/v1/responses`, streamed())
    expect(second.status).toBe(503)
    expect(test.ingress.waiting).toBe(1)
    await first.body?.cancel()
  })
})
