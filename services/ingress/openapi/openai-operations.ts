import { type ErrorCode, endpointBodySchemas } from '@longhaul/contracts'
import { z } from 'zod'
import { idempotencyHeader } from './idempotency-header.ts'
import * as examples from './openai-examples.ts'
import { type Operation, submissionErrors } from './operation.ts'

/** What a caller who waits may hear of the job. */
const jobErrors: ErrorCode[] = [
  'idempotency_key_reused',
  'no_model_qualifies',
  'context_length_exceeded',
  'attempts_exhausted',
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

const embeddingListSchema = z
  .looseObject({ object: z.literal('list'), data: z.array(z.looseObject({})) })
  .meta({ id: 'EmbeddingList' })

const chatCompletionBody = endpointBodySchemas['/v1/chat/completions']
  .extend({
    stream: z
      .boolean()
      .nullish()
      .describe('Answers with server-sent events: chunks as the model writes, then `[DONE]`'),
    stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  })
  .meta({ id: 'CreateChatCompletion' })

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
} as const satisfies Record<string, Operation>
