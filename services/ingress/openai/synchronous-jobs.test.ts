import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
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
})
