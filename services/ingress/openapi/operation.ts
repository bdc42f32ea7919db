import type { ErrorCode } from '@longhaul/contracts'
import type { z } from 'zod'

/** One route of the API: what the document says of it, and what the app serves. */
export interface Operation {
  method: 'get' | 'post' | 'delete'
  /** As OpenAPI writes it: `/v1/jobs/{id}`. */
  path: string
  tag: 'Jobs' | 'OpenAI' | 'Files' | 'Batches' | 'Models and routing' | 'Webhooks' | 'Service'
  summary: string
  description?: string
  /** Needs an API key. */
  auth: boolean
  pathParameters?: z.ZodObject
  query?: z.ZodObject
  headers?: z.ZodObject
  body?: {
    /** Default: `application/json`. */
    type?: string
    schema: z.ZodType
    examples: Record<string, { summary: string; value: unknown }>
  }
  success: { status: 200 | 202; description: string; type?: string } & (
    | { schema: z.ZodType; example?: unknown }
    | { type: string; example: string }
  )
  /** Beside those that every operation of its kind may answer with. */
  errors: ErrorCode[]
}

/** What any route may answer to a JSON body. */
export const bodyErrors: ErrorCode[] = [
  'invalid_json',
  'invalid_encoding',
  'invalid_text',
  'invalid_value',
  'missing_field',
  'unknown_field',
  'unsupported_media_type',
  'body_too_large',
]

/** What `POST /v1/jobs` and its kin may answer to a body. */
export const submissionErrors: ErrorCode[] = [
  ...bodyErrors,
  'deadline_in_past',
  'webhook_url_invalid',
  'webhook_url_private',
  'model_not_found',
]
