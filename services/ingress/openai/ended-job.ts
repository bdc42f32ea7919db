import type { ServerResponse } from 'node:http'
import {
  type DecisionRecord,
  type ErrorCode,
  type ErrorEnvelope,
  errorCatalogue,
  type JobError,
  objectOf,
} from '@longhaul/contracts'
import type { JobDetail } from '@longhaul/store'
import { sendJson } from '../answer.ts'

/**
 * Statuses that OpenAI's own API answers with in these cases, where the native
 * one has another: its callers catch a `BadRequestError`.
 */
const statuses: Partial<Record<ErrorCode, number>> = {
  provider_rejected: 400,
  context_length_exceeded: 400,
  content_refused: 400,
  no_model_qualifies: 400,
}

const LONGEST_HEADER = 500

/** Which job answered, by which model and why, and how long it took. */
export function longhaulHeaders(
  job: Pick<JobDetail, 'id' | 'model' | 'createdAt' | 'startedAt'>,
  decision: DecisionRecord | null,
  now: number,
): Record<string, string> {
  const { startedAt, createdAt, model } = job
  return {
    'x-longhaul-job-id': job.id,
    ...(model !== null && { 'x-longhaul-model': headerText(model) }),
    ...(decision && {
      'x-longhaul-decision': String(decision.number),
      'x-longhaul-decision-reason': headerText(decision.reason),
    }),
    ...(startedAt !== null && { 'x-longhaul-queue-ms': milliseconds(startedAt - createdAt) }),
    'x-longhaul-total-ms': milliseconds(now - createdAt),
  }
}

/** The envelope that a job's error is to OpenAI's clients, the provider's own words included. */
export function jobErrorEnvelope(error: JobError): ErrorEnvelope {
  const { code, message, detail } = error
  const { type } = errorCatalogue[code]
  const words = detail === undefined ? message : `${message} It said: ${detail}`
  const openAiType = statusOf(code) === 400 ? 'invalid_request_error' : type
  return { error: { message: words, type: openAiType, param: null, code } }
}

/** A job that did not succeed; clients need not try again, since the queue has, unless it says when. */
export function sendJobError(
  response: ServerResponse,
  error: JobError,
  headers: Record<string, string>,
): void {
  const { retry_after_seconds: seconds } = error
  sendJson(response, statusOf(error.code), JSON.stringify(jobErrorEnvelope(error)), {
    ...headers,
    ...(seconds === undefined ? { 'x-should-retry': 'false' } : { 'retry-after': String(seconds) }),
  })
}

/** What the caller gets of a job that succeeded: the model's answer as it came, with its cost when asked. */
export function answerOf({ status, resultBody, options, costUsd }: JobDetail): string | undefined {
  if (status !== 'succeeded' || resultBody === null) return undefined
  if (options?.includeCost !== true) return resultBody
  const answer = objectOf(JSON.parse(resultBody))
  return JSON.stringify({ ...answer, usage: { ...objectOf(answer.usage), cost: costUsd } })
}

/** What a job that has ended without an answer says of itself. */
export function errorOf({ error, status }: Pick<JobDetail, 'error' | 'status'>): JobError {
  return error ?? { code: 'internal_error', message: `The job ended as ${status}, without a word.` }
}

function statusOf(code: ErrorCode): number {
  return statuses[code] ?? errorCatalogue[code].status
}

/** Headers hold visible ASCII only, and not much of it. */
function headerText(text: string): string {
  const plain = text.replaceAll(/[^\x20-\x7e]+/g, '?')
  return plain.length > LONGEST_HEADER ? `${plain.slice(0, LONGEST_HEADER - 3)}...` : plain
}

function milliseconds(span: number): string {
  return String(Math.max(0, Math.round(span)))
}
