import type { JobEventType } from './job.ts'

/**
 * The body of a webhook delivery: OpenAI's thin event, signed as Standard
 * Webhooks 1.0. Under 20 kB by construction: results are fetched by id.
 */
export interface JobEventPayload {
  id: string
  object: 'event'
  type: JobEventType
  /** Unix seconds. */
  created_at: number
  data: { id: string; object: 'job'; status: string; metadata: Record<string, string> | null }
}
