import type { JobEventPayload } from '@longhaul/contracts'
import type { DueEvent } from '@longhaul/store'

/** Standard Webhooks recommends payloads under 20 kB. */
const LARGEST_PAYLOAD_BYTES = 20_000

/**
 * The body of a delivery; the same bytes at every attempt. Metadata is bounded
 * in characters: where these take so many bytes that the payload grew too
 * large, it is left to `GET /v1/jobs/{id}`.
 */
export function payloadOf(event: DueEvent): string {
  const whole = serialize(event, event.metadata)
  return Buffer.byteLength(whole) < LARGEST_PAYLOAD_BYTES ? whole : serialize(event, null)
}

function serialize(event: DueEvent, metadata: DueEvent['metadata']): string {
  const payload: JobEventPayload = {
    id: event.id,
    object: 'event',
    type: event.type,
    created_at: Math.floor(event.createdAt / 1_000),
    data: { id: event.jobId, object: 'job', status: event.status, metadata },
  }
  return JSON.stringify(payload)
}
