import { z } from 'zod'
import { uuidOf } from './ids.ts'
import { endpoints, lanes } from './job.ts'
import { jobOptionsSchema } from './job-options.ts'

export const SUBMITTED_TOPIC = 'jobs.submitted'
/** Raised when a reader of the version before could not read it. */
export const MESSAGE_VERSION = 1
/** Requests above this travel by reference: the consumer reads them from the store. */
export const INLINE_BODY_BYTES = 8 * 1024

export function modelTopic(model: string, lane: (typeof lanes)[number]): string {
  return `model.${model}.${lane}`
}

export const exclusionSchema = z.object({
  model: z.string(),
  reason: z.enum(['too-long', 'refused', 'unusable', 'unavailable', 'rate-limited', 'credentials']),
  until: z.number().optional(),
})

/** What the router of a job leaves for the one that comes after it. */
export const routeHintsSchema = z.object({
  exclusions: z.array(exclusionSchema).default([]),
  preferred: z.array(z.string()).default([]),
})
export type RouteHints = z.infer<typeof routeHintsSchema>

/** A job on the bus: the facts that routing and calling need, beside the request body itself. */
export const jobMessageSchema = z.object({
  /** As in the API: `job_…`. */
  jobId: z.string().refine(id => uuidOf('job', id) !== undefined, 'is not the id of a job'),
  tenantId: z.string().refine(id => uuidOf('tenant', id) !== undefined, 'is not a tenant'),
  endpoint: z.enum(endpoints),
  lane: z.enum(lanes),
  policy: z.string().nullable(),
  requestedModel: z.string().nullable(),
  metadata: z.record(z.string(), z.string()).nullable(),
  /** Epoch milliseconds. */
  deadlineAt: z.number().nullable(),
  /** How often the job was published for routing, this time included. */
  dispatch: z.number().int().positive(),
  /** Calls for it that failed and counted; absent: none did. */
  failures: z.number().int().positive().optional(),
  hints: routeHintsSchema.nullable(),
  /** Absent in messages of versions before. */
  options: jobOptionsSchema.nullable().default(null),
  traceparent: z.string().nullable(),
  bodyBytes: z.number().int().nonnegative(),
  /** The request body as JSON text; null when it travels by reference. */
  body: z.string().nullable(),
  /** On model topics: what the router chose. */
  route: z
    .object({
      model: z.string(),
      fallbacks: z.array(z.string()),
      /** The deployment that has the conversation in its cache. */
      cachedAt: z.string().optional(),
      /** Of a policy with a budget: what the job is expected to take of it. */
      budget: z.object({ policy: z.string(), expectedUsd: z.number() }).optional(),
    })
    .nullable(),
})
export type JobMessage = z.infer<typeof jobMessageSchema>

/** Broadcast by whoever settled a job. */
export interface JobFinished {
  jobId: string
  status: string
}
