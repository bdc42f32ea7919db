import type { ServerResponse } from 'node:http'
import { BlobMissingError, BlobsUnavailableError } from '@longhaul/blobs'
import { LonghaulError } from '@longhaul/contracts'
import { StoreBusyError, StoreUnavailableError } from '@longhaul/store'
import type { Logger } from '@longhaul/telemetry'

const JSON_TYPE = 'application/json; charset=utf-8'
const RETRY_AFTER_SECONDS = { storeUnavailable: 2, filesUnavailable: 2, overloaded: 1 }

type Headers = Record<string, string>

/** @param json JSON text */
export function sendJson(
  response: ServerResponse,
  status: number,
  json: string,
  headers: Headers = {},
): void {
  send(response, status, JSON_TYPE, json, headers)
}

export function send(
  response: ServerResponse,
  status: number,
  type: string,
  text: string,
  headers: Headers = {},
): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(text),
    ...headers,
  })
  response.end(text)
}

/** The envelope, with the headers that tell clients whether and when to come again. */
export function sendError(
  response: ServerResponse,
  error: LonghaulError,
  headers: Headers = {},
): void {
  sendJson(response, error.status, JSON.stringify(error.toEnvelope()), {
    ...headersOf(error),
    ...headers,
  })
}

export function overloaded(message: string): LonghaulError {
  return new LonghaulError('overloaded', message, {
    retryAfterSeconds: RETRY_AFTER_SECONDS.overloaded,
  })
}

/** What the caller is told of anything that went wrong; undefined: a fault of ours, to be logged. */
export function expectedError(error: unknown): LonghaulError | undefined {
  if (error instanceof LonghaulError) return error
  if (error instanceof StoreUnavailableError) {
    const retryAfterSeconds = RETRY_AFTER_SECONDS.storeUnavailable
    const again = `Try again in ${retryAfterSeconds} seconds`
    const message = error.nothingHappened
      ? `The database is away; nothing was accepted. ${again}.`
      : `The database went away meanwhile: what was sent may have been accepted. ${again}; with the same \`Idempotency-Key\` nothing is accepted twice.`
    return new LonghaulError('store_unavailable', message, { retryAfterSeconds, cause: error })
  }
  if (error instanceof BlobsUnavailableError) {
    const retryAfterSeconds = RETRY_AFTER_SECONDS.filesUnavailable
    return new LonghaulError(
      'files_unavailable',
      `The storage of files is away. Try again in ${retryAfterSeconds} seconds.`,
      { retryAfterSeconds, cause: error },
    )
  }
  if (error instanceof BlobMissingError) {
    return new LonghaulError('file_not_found', 'The content of this file is gone.')
  }
  if (error instanceof StoreBusyError) {
    return overloaded(
      'More jobs wait to be recorded than this process holds. Try again in a second.',
    )
  }
  if (error instanceof URIError) {
    return new LonghaulError('invalid_value', 'The path is not valid percent-encoded UTF-8.')
  }
  return undefined
}

/** What is told in the middle of a stream; what nobody expects is logged. */
export function errorInStream(error: unknown, requestId: string, logger: Logger): LonghaulError {
  const expected = expectedError(error)
  if (!expected) logger.error({ err: error, requestId }, 'a stream failed')
  return expected ?? internalError(requestId)
}

export function internalError(requestId: string): LonghaulError {
  return new LonghaulError(
    'internal_error',
    `Something went wrong on our side; the log has it under request id ${requestId}.`,
  )
}

function headersOf(error: LonghaulError): Headers {
  return {
    ...(error.retryAfterSeconds !== undefined && {
      'retry-after': String(error.retryAfterSeconds),
    }),
    // OpenAI's clients retry every 409 otherwise.
    ...(error.status === 409 && { 'x-should-retry': 'false' }),
    ...(error.status === 401 && { 'www-authenticate': 'Bearer' }),
  }
}
