import { it } from '@jest/globals'
import { openTestIngress } from '../../test/ingress.ts'

it('smokes', async () => {
  const t = await openTestIngress()
  const call = async (
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ) => {
    const r = await fetch(t.url + path, {
      method,
      headers: {
        authorization: `Bearer ${t.key}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await r.text()
    console.log(method, path, r.status, JSON.stringify([...r.headers]), text.slice(0, 1500))
    return { status: r.status, text }
  }
  const msg = { messages: [{ role: 'user', content: 'hi' }] }
  const j = await call('POST', '/v1/jobs', { body: msg })
  const id = JSON.parse(j.text).id
  await call('GET', `/v1/jobs/${id}?include=request,attempts,decision`)
  await call('POST', '/v1/jobs/bulk', {
    jobs: [{ body: msg }, { bdy: 1 }, { body: { messages: [{ role: 'usr' }] } }],
  })
  await call('GET', '/v1/jobs?limit=1')
  await call('GET', `/v1/jobs/${id}?wait=0.1`)
  await call('POST', `/v1/jobs/${id}/cancel`)
  await call('POST', `/v1/jobs/${id}/cancel`)
  await call('GET', `/v1/jobs/${id}/events`)
  await call('GET', '/v1/models')
  await call('GET', '/v1/models/vendor/large')
  await call('GET', '/v1/models/smal')
  await call('POST', '/v1/route', { body: { ...msg } })
  await call('GET', '/v1/webhook-secret')
  await call('POST', '/v1/webhook-secret/rotate')
  await call('GET', '/healthz')
  await call('GET', '/readyz')
  await call('GET', '/metrics')
  await call('GET', '/openapi.json')
  await call('GET', '/nope')
  await call('DELETE', '/v1/jobs')
  await call('POST', '/v1/jobs', { body: msg }, { 'idempotency-key': 'a' })
  await call('POST', '/v1/jobs', { body: msg }, { 'idempotency-key': 'a' })
  await call('POST', '/v1/jobs', { body: msg, lane: 'bulk' }, { 'idempotency-key': 'a' })
  await call('GET', '/v1/jobs/%zz')
  await t.close()
})
