import type { ErrorCode } from '@longhaul/contracts'
import { z } from 'zod'
import { getJobQuery, listJobsQuery } from '../query.ts'
import * as examples from './examples.ts'
import * as schemas from './schemas.ts'

/** One route of the API: what the document says of it, and what the app serves. */
export interface Operation {
  method: 'get' | 'post'
  /** As OpenAPI writes it: `/v1/jobs/{id}`. */
  path: string
  tag: 'Jobs' | 'Models and routing' | 'Webhooks' | 'Service'
  summary: string
  description?: string
  /** Needs an API key. */
  auth: boolean
  pathParameters?: z.ZodObject
  query?: z.ZodObject
  headers?: z.ZodObject
  body?: { schema: z.ZodType; examples: Record<string, { summary: string; value: unknown }> }
  success: { status: 200 | 202; description: string; type?: string } & (
    | { schema: z.ZodType; example?: unknown }
    | { type: string; example: string }
  )
  /** Beside those that every operation of its kind may answer with. */
  errors: ErrorCode[]
}

const idempotencyHeader = z.object({
  'Idempotency-Key': z
    .string()
    .min(1)
    .max(255)
    .optional()
    .describe(
      'The same key with the same body answers the same job again, for a day; with another body it is refused',
    ),
})

const jobPath = z.object({ id: schemas.jobId })

const bodyErrors: ErrorCode[] = [
  'invalid_json',
  'invalid_encoding',
  'invalid_text',
  'invalid_value',
  'missing_field',
  'unknown_field',
  'unsupported_media_type',
  'body_too_large',
]

const submissionErrors: ErrorCode[] = [
  ...bodyErrors,
  'deadline_in_past',
  'webhook_url_invalid',
  'webhook_url_private',
  'model_not_found',
]

const jobOperations = {
  submitJob: {
    method: 'post',
    path: '/v1/jobs',
    tag: 'Jobs',
    summary: 'Submit a job',
    description:
      'Records the request and answers at once. A job that was answered with 202 is never lost: it ends as `succeeded`, `failed`, `cancelled` or `expired`, with one recorded result.',
    auth: true,
    headers: idempotencyHeader,
    body: { schema: schemas.submitJobDocument, examples: examples.submissions },
    success: {
      status: 202,
      description: 'The job was recorded',
      schema: schemas.jobSchema,
      example: examples.acceptedJob,
    },
    errors: [...submissionErrors, 'idempotency_key_reused'],
  },
  submitJobs: {
    method: 'post',
    path: '/v1/jobs/bulk',
    tag: 'Jobs',
    summary: 'Submit up to 1,000 jobs',
    description:
      'Answers in the order sent, each with its job or with an error of its own; `param` then holds the place, such as `jobs[3].body.model`.',
    auth: true,
    headers: idempotencyHeader,
    body: { schema: schemas.submitJobsDocument, examples: examples.bulkSubmissions },
    success: {
      status: 202,
      description: 'Those that show a job were recorded',
      schema: schemas.bulkResultSchema,
      example: { object: 'list', data: [examples.acceptedJob] },
    },
    errors: [...submissionErrors, 'idempotency_key_reused'],
  },
  listJobs: {
    method: 'get',
    path: '/v1/jobs',
    tag: 'Jobs',
    summary: 'List jobs',
    auth: true,
    query: listJobsQuery,
    success: {
      status: 200,
      description: 'A page of your jobs',
      schema: schemas.jobListSchema,
      example: {
        object: 'list',
        data: [examples.finishedJob],
        first_id: examples.finishedJob.id,
        last_id: examples.finishedJob.id,
        has_more: false,
      },
    },
    errors: ['invalid_value', 'invalid_text', 'unknown_field', 'invalid_cursor'],
  },
  getJob: {
    method: 'get',
    path: '/v1/jobs/{id}',
    tag: 'Jobs',
    summary: 'Get a job',
    description:
      'With `wait` the answer is held back until the job has ended, or the time is up. What is not there yet is null.',
    auth: true,
    pathParameters: jobPath,
    query: getJobQuery,
    success: {
      status: 200,
      description: 'The job',
      schema: schemas.jobSchema,
      example: examples.finishedJob,
    },
    errors: ['invalid_id', 'invalid_value', 'unknown_field', 'job_not_found'],
  },
  cancelJob: {
    method: 'post',
    path: '/v1/jobs/{id}/cancel',
    tag: 'Jobs',
    summary: 'Cancel a job',
    description:
      'Ends a job that has not ended, and aborts its call if one is under way. One that has ended stays as it is; cancelling again gives the same answer.',
    auth: true,
    pathParameters: jobPath,
    success: {
      status: 200,
      description: 'The job as it ended',
      schema: schemas.jobSchema,
      example: examples.cancelledJob,
    },
    errors: ['invalid_id', 'job_not_found'],
  },
  streamJobEvents: {
    method: 'get',
    path: '/v1/jobs/{id}/events',
    tag: 'Jobs',
    summary: 'Stream the status changes of a job',
    description:
      'Server-sent events: the state now, then each change; the last one carries the whole job as `job`, and ends the stream. Comment lines keep the connection alive.',
    auth: true,
    pathParameters: jobPath,
    success: {
      status: 200,
      description: 'Events of type `job.status`',
      type: 'text/event-stream',
      example: examples.events,
    },
    errors: ['invalid_id', 'job_not_found'],
  },
} as const satisfies Record<string, Operation>

const otherOperations = {
  listModels: {
    method: 'get',
    path: '/v1/models',
    tag: 'Models and routing',
    summary: 'List the models',
    description:
      '`auto` stands for the default policy; names of policies can be used like models too.',
    auth: true,
    success: {
      status: 200,
      description: 'All models of the configuration, and `auto`',
      schema: schemas.modelListSchema,
      example: { object: 'list', data: [examples.model] },
    },
    errors: ['unknown_field'],
  },
  getModel: {
    method: 'get',
    path: '/v1/models/{model}',
    tag: 'Models and routing',
    summary: 'Get a model',
    auth: true,
    pathParameters: z.object({ model: z.string().meta({ examples: ['auto'] }) }),
    success: {
      status: 200,
      description: 'The model',
      schema: schemas.modelSchema,
      example: examples.model,
    },
    errors: ['model_not_found', 'unknown_field'],
  },
  decideRoute: {
    method: 'post',
    path: '/v1/route',
    tag: 'Models and routing',
    summary: 'Decide without running',
    description:
      'Takes what `POST /v1/jobs` takes, and answers which model would be chosen now and why; nothing is recorded and nothing called.',
    auth: true,
    body: { schema: schemas.submitJobDocument, examples: examples.submissions },
    success: {
      status: 200,
      description: 'The decision, also when no model qualifies',
      schema: schemas.decisionSchema,
      example: examples.decision,
    },
    errors: submissionErrors,
  },
  getWebhookSecret: {
    method: 'get',
    path: '/v1/webhook-secret',
    tag: 'Webhooks',
    summary: 'Get the secrets that sign your webhooks',
    description: 'Deliveries are signed as Standard Webhooks 1.0 describes.',
    auth: true,
    success: {
      status: 200,
      description: 'The secrets in use',
      schema: schemas.webhookSecretSchema,
      example: {
        object: 'webhook_secret',
        secrets: ['whsec_bmV3ZXN0IHNlY3JldCBvZiB0aGlzIGV4YW1wbGU='],
      },
    },
    errors: ['unknown_field'],
  },
  rotateWebhookSecret: {
    method: 'post',
    path: '/v1/webhook-secret/rotate',
    tag: 'Webhooks',
    summary: 'Make a new webhook secret',
    description: 'The one before signs beside it for 24 hours.',
    auth: true,
    success: {
      status: 200,
      description: 'The secrets in use, the new one first',
      schema: schemas.webhookSecretSchema,
      example: {
        object: 'webhook_secret',
        secrets: [
          'whsec_bmV3ZXN0IHNlY3JldCBvZiB0aGlzIGV4YW1wbGU=',
          'whsec_b2xkZXIgc2VjcmV0IG9mIHRoaXMgZXhhbXBsZSE=',
        ],
      },
    },
    errors: [],
  },
  getOpenApi: {
    method: 'get',
    path: '/openapi.json',
    tag: 'Service',
    summary: 'This document',
    auth: false,
    success: {
      status: 200,
      description: 'OpenAPI 3.1',
      schema: z.looseObject({ openapi: z.string() }),
    },
    errors: [],
  },
  getDocs: {
    method: 'get',
    path: '/docs',
    tag: 'Service',
    summary: 'This document as a page',
    auth: false,
    success: {
      status: 200,
      description: 'HTML that loads nothing from outside',
      type: 'text/html',
      example: '<!doctype html>…',
    },
    errors: [],
  },
} as const satisfies Record<string, Operation>

/** Served the same way by every process of Longhaul. */
const probeOperations = {
  getLiveness: {
    method: 'get',
    path: '/healthz',
    tag: 'Service',
    summary: 'Whether the process is alive',
    auth: false,
    success: {
      status: 200,
      description: 'It is',
      schema: schemas.livenessSchema,
      example: { alive: true },
    },
    errors: [],
  },
  getReadiness: {
    method: 'get',
    path: '/readyz',
    tag: 'Service',
    summary: 'Whether the process can work',
    description: 'Answers 503 with the same body when a part fails.',
    auth: false,
    success: {
      status: 200,
      description: 'All parts work',
      schema: schemas.readinessSchema,
      example: { ready: true, parts: { store: { ok: true, detail: 'PostgreSQL answers' } } },
    },
    errors: [],
  },
  getMetrics: {
    method: 'get',
    path: '/metrics',
    tag: 'Service',
    summary: 'Metrics for Prometheus',
    auth: false,
    success: {
      status: 200,
      description: "Prometheus' text format",
      type: 'text/plain',
      example: 'longhaul_jobs_accepted_total{lane="standard"} 12',
    },
    errors: [],
  },
} as const satisfies Record<string, Operation>

/** The routes that need a handler. */
export const apiOperations = { ...jobOperations, ...otherOperations }
export type ApiOperationId = keyof typeof apiOperations

export const operations: Record<string, Operation> = { ...apiOperations, ...probeOperations }
