import { createBatchSchema } from '@longhaul/contracts'
import { z } from 'zod'
import { listBatchesQuery, resultsQuery } from '../query.ts'
import * as examples from './batch-examples.ts'
import * as schemas from './batch-schemas.ts'
import { bodyErrors, type Operation } from './operation.ts'

const batchPath = z.object({ id: schemas.batchId })

const idempotencyHeader = z.object({
  'Idempotency-Key': z
    .string()
    .min(1)
    .max(255)
    .optional()
    .describe(
      'The same key with the same body is the same batch, for a day. Without one, the same body within 5 s is, and within 15 min when the client says that it retries',
    ),
})

const theBatch = {
  status: 200,
  description: 'The batch',
  schema: schemas.batchSchema,
  example: examples.batch,
} as const

export const batchOperations = {
  createBatch: {
    method: 'post',
    path: '/v1/batches',
    tag: 'Batches',
    summary: 'Create a batch',
    description:
      'Up to 50,000 requests of one endpoint, each with a model of its own or with `auto`. With `longhaul.dry_run` it is validated, routed and estimated, and nothing runs.',
    auth: true,
    headers: idempotencyHeader,
    body: { schema: createBatchSchema, examples: examples.batches },
    success: {
      status: 200,
      description: 'The batch, whose file will be validated now; or the estimate',
      schema: schemas.createdBatchSchema,
      example: examples.batch,
    },
    errors: [
      ...bodyErrors,
      'file_not_found',
      'invalid_purpose',
      'webhook_url_invalid',
      'webhook_url_private',
      'idempotency_key_reused',
      'files_unavailable',
    ],
  },
  listBatches: {
    method: 'get',
    path: '/v1/batches',
    tag: 'Batches',
    summary: 'List batches',
    auth: true,
    query: listBatchesQuery,
    success: {
      status: 200,
      description: 'A page of your batches, newest first',
      schema: schemas.batchListSchema,
      example: {
        object: 'list',
        data: [examples.batch],
        first_id: examples.batch.id,
        last_id: examples.batch.id,
        has_more: false,
      },
    },
    errors: ['invalid_value', 'invalid_text', 'unknown_field', 'invalid_cursor'],
  },
  getBatch: {
    method: 'get',
    path: '/v1/batches/{id}',
    tag: 'Batches',
    summary: 'Get a batch',
    description: 'Its counts, its usage and its cost are exact at every moment.',
    auth: true,
    pathParameters: batchPath,
    success: theBatch,
    errors: ['unknown_field', 'batch_not_found'],
  },
  cancelBatch: {
    method: 'post',
    path: '/v1/batches/{id}/cancel',
    tag: 'Batches',
    summary: 'Cancel a batch',
    description:
      'Answers at once; calls under way are aborted, and what has finished is kept and served. Again, it gives the same answer.',
    auth: true,
    pathParameters: batchPath,
    success: theBatch,
    errors: ['unknown_field', 'batch_not_found'],
  },
  pauseBatch: {
    method: 'post',
    path: '/v1/batches/{id}/pause',
    tag: 'Batches',
    summary: 'Hold back what has not begun',
    auth: true,
    pathParameters: batchPath,
    success: theBatch,
    errors: ['unknown_field', 'batch_not_found', 'batch_ended'],
  },
  resumeBatch: {
    method: 'post',
    path: '/v1/batches/{id}/resume',
    tag: 'Batches',
    summary: 'Go on with a batch',
    auth: true,
    pathParameters: batchPath,
    success: theBatch,
    errors: ['unknown_field', 'batch_not_found', 'batch_ended'],
  },
  retryBatch: {
    method: 'post',
    path: '/v1/batches/{id}/retry',
    tag: 'Batches',
    summary: 'Run the failed lines again',
    description:
      'Makes a batch of the lines that did not end well, with the settings of the first and a window of its own.',
    auth: true,
    headers: idempotencyHeader,
    pathParameters: batchPath,
    success: { ...theBatch, description: 'The new batch; `longhaul.retry_of` names the first' },
    errors: [
      'unknown_field',
      'batch_not_found',
      'batch_unfinished',
      'nothing_to_retry',
      'files_unavailable',
    ],
  },
  streamBatchResults: {
    method: 'get',
    path: '/v1/batches/{id}/results',
    tag: 'Batches',
    summary: 'Read lines as they finish',
    description:
      'JSON Lines as in the output and error files, in the order in which they finished, while the batch runs and afterwards. Each carries a `cursor`: with it as `after` the stream goes on behind that line.',
    auth: true,
    pathParameters: batchPath,
    query: resultsQuery,
    success: {
      status: 200,
      description: 'The lines',
      type: 'application/x-ndjson',
      example: examples.results,
    },
    errors: ['invalid_value', 'unknown_field', 'invalid_cursor', 'batch_not_found'],
  },
} as const satisfies Record<string, Operation>
