/**
 * Every error that an API answer or a job can carry: code → HTTP status, the
 * envelope's `type`, and the line that `docs/api/errors.md` prints. A test
 * keeps the three in step.
 */
export const errorCatalogue = {
  invalid_json: entry(400, 'The request body is not valid JSON; the message says where.'),
  invalid_encoding: entry(400, 'The request body is not valid UTF-8.'),
  invalid_text: entry(400, 'A string holds a NUL character or a lone surrogate.'),
  invalid_value: entry(400, 'A field has the wrong type or is out of bounds; `param` names it.'),
  missing_field: entry(400, 'A required field is absent; `param` names it.'),
  unknown_field: entry(400, 'A field that this endpoint does not know; `param` names it.'),
  invalid_id: entry(400, 'The id is not of the kind that this route takes.'),
  invalid_cursor: entry(400, '`after` is not an id of what the list holds.'),
  list_unfinished: entry(
    400,
    'No job that a list had time for passes its filter; the message has the `after` to go on with.',
  ),
  duplicate_custom_id: entry(400, 'Two lines of a batch have the same `custom_id`.'),
  invalid_purpose: entry(400, 'The file is not of the purpose that this route takes.'),
  deadline_in_past: entry(400, 'The deadline has passed already.'),
  webhook_url_invalid: entry(400, 'The webhook URL is not an absolute http or https URL.'),
  webhook_url_private: entry(
    400,
    'The webhook URL points at an address that is not public; an operator can allow it.',
  ),
  unsupported_media_type: entry(415, 'The request body must be `application/json`.'),
  body_too_large: entry(413, 'The request body is above the limit that the message names.'),
  invalid_api_key: entry(401, 'The API key is missing or wrong.', 'authentication_error'),
  model_not_found: entry(404, 'No such model or policy in the configuration.'),
  file_not_found: entry(404, 'No file of yours has this id, or it has expired.'),
  batch_not_found: entry(404, 'No batch of yours has this id.'),
  job_not_found: entry(404, 'No job of yours has this id.'),
  response_not_found: entry(404, 'No response of yours has this id.'),
  event_not_found: entry(404, 'No webhook event of yours has this id.'),
  route_not_found: entry(404, 'No such route; `/docs` lists them.'),
  method_not_allowed: entry(
    405,
    'The route exists, not with this method; `Allow` lists its methods.',
  ),
  malformed_request: entry(400, 'What came is not a request of HTTP/1.1.'),
  request_timeout: entry(408, 'The request did not arrive in time.'),
  headers_too_large: entry(431, 'The headers are longer than 16 KiB together.'),
  idempotency_key_reused: entry(
    409,
    'The `Idempotency-Key` came before with another body.',
    'idempotency_error',
  ),
  file_in_use: entry(409, 'A batch that is being validated needs the file.'),
  batch_ended: entry(409, 'The batch has ended, or all its lines have.'),
  batch_unfinished: entry(409, 'The batch has not ended yet.'),
  nothing_to_retry: entry(409, 'No line of the batch failed.'),
  range_not_satisfiable: entry(416, 'The range begins behind the end of the file.'),
  files_unavailable: entry(
    503,
    'The storage of files is away. Retry after `Retry-After` seconds.',
    'server_error',
  ),
  overloaded: entry(503, 'More requests wait than this process holds; retry.', 'server_error'),
  store_unavailable: entry(
    503,
    'The database is away. The message says whether what was sent may have been accepted. Retry after `Retry-After` seconds, with the same `Idempotency-Key`.',
    'server_error',
  ),
  shutting_down: entry(503, 'This process is stopping; retry on another.', 'server_error'),
  internal_error: entry(
    500,
    'A fault of ours; the log has the details by `x-request-id`.',
    'server_error',
  ),

  no_model_qualifies: entry(
    422,
    'Every model was filtered out; the decision says why.',
    'routing_error',
  ),
  budget_spent: entry(
    429,
    "The policy's budget for the day is spent, and it says to fail then.",
    'routing_error',
  ),
  context_length_exceeded: entry(
    422,
    'No model that remains has a window this large.',
    'routing_error',
  ),
  attempts_exhausted: entry(
    502,
    'The provider failed as often as the retry policy allows.',
    'provider_error',
  ),
  provider_credentials_refused: entry(
    502,
    'The provider refuses the credentials of the only model that could answer; the operator must mend them. Jobs that nobody waits for on a connection wait instead.',
    'provider_error',
  ),
  model_unavailable: entry(
    503,
    'The only model that could answer is out for longer than a caller waits; retry after `Retry-After` seconds. Jobs that nobody waits for on a connection wait instead.',
    'provider_error',
  ),
  provider_rejected: entry(422, 'The provider refused the request as invalid.', 'provider_error'),
  content_refused: entry(422, 'The provider refused the content by its policy.', 'provider_error'),
  response_unusable: entry(
    422,
    'The answer does not meet the requested JSON schema.',
    'provider_error',
  ),
  stream_interrupted: entry(
    502,
    'The stream broke off in the middle of the answer; ask again, or read the job.',
    'server_error',
  ),
  worker_lost: entry(
    500,
    'Workers died on this job as often as the retry policy allows.',
    'server_error',
  ),
  deadline_exceeded: entry(504, 'The deadline passed before the job ended.', 'timeout_error'),
  job_cancelled: entry(409, 'The job was cancelled.', 'cancelled_error'),
} as const satisfies Record<string, ErrorEntry>

export interface ErrorEntry {
  status: number
  type: string
  doc: string
}

export type ErrorCode = keyof typeof errorCatalogue

function entry(status: number, doc: string, type = 'invalid_request_error'): ErrorEntry {
  return { status, type, doc }
}

/** The body of every error answer, with all four keys, as OpenAI's clients expect. */
export interface ErrorEnvelope {
  error: { message: string; type: string; param: string | null; code: string | null }
}

/** An expected failure on its way to an API answer. */
export class LonghaulError extends Error {
  readonly code: ErrorCode
  /** The field at fault, as a path: `jobs[3].body.model`. */
  readonly param: string | null
  /** For 503: when to come back. */
  readonly retryAfterSeconds: number | undefined

  constructor(
    code: ErrorCode,
    message: string,
    options: { param?: string; retryAfterSeconds?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause })
    this.name = 'LonghaulError'
    this.code = code
    this.param = options.param ?? null
    this.retryAfterSeconds = options.retryAfterSeconds
  }

  get status(): number {
    return errorCatalogue[this.code].status
  }

  toEnvelope(): ErrorEnvelope {
    const { type } = errorCatalogue[this.code]
    return { error: { message: this.message, type, param: this.param, code: this.code } }
  }
}

/** What a job keeps when it ends badly. */
export interface JobError {
  code: ErrorCode
  message: string
  /** The provider's own words, cut at 2,000 characters. */
  detail?: string
  /** When to ask again, where that may help. */
  retry_after_seconds?: number
}

/** For the `default` of an exhaustive switch: a new case fails to compile. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`)
}
