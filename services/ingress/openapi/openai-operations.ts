import { type ErrorCode, endpointBodySchemas } from '@longhaul/contracts'
import { z } from 'zod'
import { getResponseQuery, inputItemsQuery } from '../query.ts'
import { idempotencyHeader } from './idempotency-header.ts'
import * as examples from './openai-examples.ts'
import { type Operation, submissionErrors } from './operation.ts'

/** What a caller who waits may hear of the job. */
const jobErrors: ErrorCode[] = [
  'idempotency_key_reused',
  'no_model_qualifies',
  'context_length_exceeded',
  'attempts_exhausted',
  'provider_credentials_refused',
  'model_unavailable',
  'provider_rejected',
  'content_refused',
  'response_unusable',
  'stream_interrupted',
  'worker_lost',
  'job_cancelled',
]

const chatCompletionSchema = z
  .looseObject({
    id: z.string(),
    object: z.literal('chat.completion'),
    model: z.string(),
    choices: z.array(z.looseObject({})),
  })
  .meta({ id: 'ChatCompletion' })

const completionSchema = z
  .looseObject({
    id: z.string(),
    object: z.literal('text_completion'),
    choices: z.array(z.looseObject({ text: z.string() })),
  })
  .meta({ id: 'Completion' })

const embeddingListSchema = z
  .looseObject({ object: z.literal('list'), data: z.array(z.looseObject({})) })
  .meta({ id: 'EmbeddingList' })

const streaming = {
  stream: z
    .boolean()
    .nullish()
    .describe('Answers with server-sent events: chunks as the model writes, then `[DONE]`'),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
}

const chatCompletionBody = endpointBodySchemas['/v1/chat/completions']
  .extend(streaming)
  .meta({ id: 'CreateChatCompletion' })

const completionBody = endpointBodySchemas['/v1/completions']
  .extend(streaming)
  .meta({ id: 'CreateCompletion' })

const responseSchema = z
  .looseObject({
    id: z.string(),
    object: z.literal('response'),
    status: z.enum(['queued', 'in_progress', 'completed', 'incomplete', 'failed', 'cancelled']),
    background: z.boolean(),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    output: z.array(z.looseObject({})),
    previous_response_id: z.string().nullable(),
  })
  .meta({ id: 'Response' })

const responseBody = endpointBodySchemas['/v1/responses']
  .extend({
    background: z.boolean().nullish().describe('Answers at once; get the response until it ended'),
    stream: z.boolean().nullish().describe('Answers with server-sent events'),
    store: z.boolean().nullish().describe('False: the response cannot be fetched afterwards'),
    previous_response_id: z
      .string()
      .nullish()
      .describe(
        'Goes on from that response, whatever model it was; `instructions` are not taken over',
      ),
  })
  .meta({ id: 'CreateResponse' })

const responsePath = z.object({
  response_id: z
    .string()
    .regex(/^resp_[0-9a-f]{32}$/)
    .meta({ examples: ['resp_0198c0ffee007abc8def0123456789ab'] }),
})

const lookUpErrors: ErrorCode[] = ['response_not_found', 'unknown_field']

export const openAiOperations = {
  createChatCompletion: {
    method: 'post',
    path: '/v1/chat/completions',
    tag: 'OpenAI',
    summary: 'Create a chat completion',
    description:
      'A job of the lane `interactive` whose caller waits; closing the connection cancels it. Headers tell of the job: `x-longhaul-job-id`, `-model`, `-decision`, `-decision-reason`, `-queue-ms`, `-total-ms`.',
    auth: true,
    headers: idempotencyHeader,
    body: {
      schema: chatCompletionBody,
      examples: examples.chatCompletions,
    },
    success: {
      status: 200,
      description: "The model's answer, as it came",
      schema: chatCompletionSchema,
      example: examples.chatCompletion,
    },
    errors: [...submissionErrors, ...jobErrors],
  },
  createCompletion: {
    method: 'post',
    path: '/v1/completions',
    tag: 'OpenAI',
    summary: 'Create a legacy completion',
    description:
      'As chat completions: a job whose caller waits. Models that speak chat completions only are asked in their words; what cannot be said so is refused with the name of the field.',
    auth: true,
    headers: idempotencyHeader,
    body: { schema: completionBody, examples: examples.completions },
    success: {
      status: 200,
      description: "The model's answer",
      schema: completionSchema,
      example: examples.completion,
    },
    errors: [...submissionErrors, ...jobErrors],
  },
  createEmbedding: {
    method: 'post',
    path: '/v1/embeddings',
    tag: 'OpenAI',
    summary: 'Create embeddings',
    description: 'As chat completions: a job whose caller waits.',
    auth: true,
    headers: idempotencyHeader,
    body: { schema: endpointBodySchemas['/v1/embeddings'], examples: examples.embeddings },
    success: {
      status: 200,
      description: "The model's answer, as it came",
      schema: embeddingListSchema,
      example: examples.embeddingList,
    },
    errors: [...submissionErrors, ...jobErrors],
  },
  createResponse: {
    method: 'post',
    path: '/v1/responses',
    tag: 'OpenAI',
    summary: 'Create a response',
    description:
      'A job whose caller waits, or with `background: true` does not. Models that speak chat completions only are asked in their words; what cannot be said so is refused with the name of the field.',
    auth: true,
    headers: idempotencyHeader,
    body: { schema: responseBody, examples: examples.responses },
    success: {
      status: 200,
      description: 'The response',
      schema: responseSchema,
      example: examples.response,
    },
    errors: [...submissionErrors, ...jobErrors, 'response_not_found'],
  },
  getResponse: {
    method: 'get',
    path: '/v1/responses/{response_id}',
    tag: 'OpenAI',
    summary: 'Get a response',
    description:
      'With `stream=true` its events, from the beginning or behind `starting_after`, until it has ended.',
    auth: true,
    pathParameters: responsePath,
    query: getResponseQuery,
    success: {
      status: 200,
      description: 'The response as it is now',
      schema: responseSchema,
      example: examples.response,
    },
    errors: [...lookUpErrors, 'invalid_value'],
  },
  deleteResponse: {
    method: 'delete',
    path: '/v1/responses/{response_id}',
    tag: 'OpenAI',
    summary: 'Delete a response',
    description: 'Removes what was said; one that has not ended is cancelled first.',
    auth: true,
    pathParameters: responsePath,
    success: {
      status: 200,
      description: 'It is gone',
      schema: z.object({
        id: z.string(),
        object: z.literal('response'),
        deleted: z.literal(true),
      }),
      example: { id: examples.response.id, object: 'response', deleted: true },
    },
    errors: lookUpErrors,
  },
  cancelResponse: {
    method: 'post',
    path: '/v1/responses/{response_id}/cancel',
    tag: 'OpenAI',
    summary: 'Cancel a response',
    description: 'One that has ended stays as it is; cancelling again gives the same answer.',
    auth: true,
    pathParameters: responsePath,
    success: {
      status: 200,
      description: 'The response as it ended',
      schema: responseSchema,
      example: { ...examples.response, status: 'cancelled', output: [], usage: null },
    },
    errors: lookUpErrors,
  },
  listInputItems: {
    method: 'get',
    path: '/v1/responses/{response_id}/input_items',
    tag: 'OpenAI',
    summary: 'List what a response was asked',
    description: 'Everything that the model was told, what was said before included.',
    auth: true,
    pathParameters: responsePath,
    query: inputItemsQuery,
    success: {
      status: 200,
      description: 'A page of its input',
      schema: z
        .object({
          object: z.literal('list'),
          data: z.array(z.looseObject({ id: z.string() })),
          first_id: z.string().nullable(),
          last_id: z.string().nullable(),
          has_more: z.boolean(),
        })
        .meta({ id: 'InputItemList' }),
      example: examples.inputItems,
    },
    errors: [...lookUpErrors, 'invalid_value', 'invalid_cursor'],
  },
} as const satisfies Record<string, Operation>
