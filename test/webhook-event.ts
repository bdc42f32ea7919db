import { newId } from '@longhaul/contracts'
import type { Store } from '@longhaul/store'

/** A job that ends at once, by being cancelled, which commits its `job.cancelled` event. @returns the job's id */
export async function commitEvent(
  store: Store,
  event: { tenantId: string; url: string; metadata?: Record<string, string> },
): Promise<string> {
  const id = newId('job')
  await store.jobs.insert({
    id,
    tenantId: event.tenantId,
    status: 'pending',
    endpoint: '/v1/chat/completions',
    lane: 'standard',
    policy: null,
    requestedModel: null,
    metadata: event.metadata ?? null,
    notBefore: null,
    deadlineAt: null,
    webhook: { url: event.url, events: null },
    traceparent: null,
    body: '{}',
    bodyBytes: 2,
    idempotency: null,
  })
  await store.jobs.cancel(event.tenantId, id)
  return id
}
