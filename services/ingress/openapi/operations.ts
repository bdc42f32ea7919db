import { z } from 'zod'
import { batchOperations } from './batch-operations.ts'
import * as examples from './examples.ts'
import { fileOperations } from './file-operations.ts'
import { jobOperations } from './job-operations.ts'
import { openAiOperations } from './openai-operations.ts'
import { type Operation, submissionErrors } from './operation.ts'
import * as schemas from './schemas.ts'

const otherOperations = {
  listModels: {
    method: 'get',
    path: '/v1/models',
    tag: 'Models and routing',
    summary: 'List the models and policies',
    description:
      'What a request may name as its model: `auto` is the default policy, and it and the policies have `longhaul: null`.',
    auth: true,
    success: {
      status: 200,
      description: '`auto`, then all policies and models of the configuration',
      schema: schemas.modelListSchema,
      example: { object: 'list', data: [examples.model] },
    },
    errors: ['unknown_field'],
  },
  getModel: {
    method: 'get',
    path: '/v1/models/{model}',
    tag: 'Models and routing',
    summary: 'Get a model or policy',
    auth: true,
    pathParameters: z.object({ model: z.string().meta({ examples: ['auto'] }) }),
    success: {
      status: 200,
      description: 'The model or policy',
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
      'Takes what `POST /v1/jobs` takes, and answers which model would be chosen now and why. Nothing is recorded, and no model is called but the embeddings model of a policy that is `semantic`.',
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
    description: 'Answers 503 with the same body, and `Retry-After`, when a part fails.',
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
export const apiOperations = {
  ...jobOperations,
  ...openAiOperations,
  ...fileOperations,
  ...batchOperations,
  ...otherOperations,
}
export type ApiOperationId = keyof typeof apiOperations

export const operations: Record<string, Operation> = { ...apiOperations, ...probeOperations }
