import type {
  BatchEventPayload,
  BatchEventType,
  JobEventPayload,
  JobEventType,
} from '@longhaul/contracts'
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
  const created_at = Math.floor(event.createdAt / 1_000)
  const head = { id: event.id, object: 'event' as const }
  const { type, subjectId, status } = event
  const payload: JobEventPayload | BatchEventPayload = isOfBatch(type)
    ? { ...head, type, created_at, data: { id: subjectId } }
    : { ...head, type, created_at, data: { id: subjectId, object: 'job', status, metadata } }
  return JSON.stringify(payload)
}

function isOfBatch(type: JobEventType | BatchEventType): type is BatchEventType {
  return type.startsWith('batch.')
}
