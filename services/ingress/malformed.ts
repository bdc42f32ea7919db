import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { LonghaulError, newId } from '@longhaul/contracts'

interface ParseError extends Error {
  code?: string
}

/** What Node's parser refuses before there is a request; its own answers have no body. */
const refusals: Record<string, LonghaulError> = {
  HPE_HEADER_OVERFLOW: new LonghaulError(
    'headers_too_large',
    'The headers are longer than 16 KiB together: send less.',
  ),
  ERR_HTTP_REQUEST_TIMEOUT: new LonghaulError(
    'request_timeout',
    'The request did not arrive in time: send it faster, or in smaller parts.',
  ),
}

const MALFORMED = new LonghaulError(
  'malformed_request',
  'This is not a valid HTTP/1.1 request: mend it.',
)

/** Answers what is no HTTP request with the envelope, and closes the connection. */
export function answerMalformed(error: ParseError, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const refusal = refusals[error.code ?? ''] ?? MALFORMED
  const body = JSON.stringify(refusal.toEnvelope())
  socket.end(
    [
      `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}`,
      'content-type: application/json; charset=utf-8',
      `content-length: ${Buffer.byteLength(body)}`,
      `x-request-id: ${newId('request')}`,
      'connection: close',
      '',
      body,
    ].join('\r\n'),
  )
}
