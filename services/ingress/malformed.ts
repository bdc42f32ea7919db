import type { Duplex } from 'node:stream'
import { newId } from '@longhaul/contracts'

interface ParseError extends Error {
  code?: string
}

/** What Node's parser refuses before there is a request; its own answers have no body. */
const statuses: Record<string, { line: string; message: string }> = {
  HPE_HEADER_OVERFLOW: {
    line: '431 Request Header Fields Too Large',
    message: 'The headers are longer than 16 KiB together: send less.',
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    line: '408 Request Timeout',
    message: 'The request did not arrive in time: send it faster, or in smaller parts.',
  },
}

const MALFORMED = { line: '400 Bad Request', message: 'This is not a valid HTTP/1.1 request.' }

/** Answers what is no HTTP request with the envelope, and closes the connection. */
export function answerMalformed(error: ParseError, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const { line, message } = statuses[error.code ?? ''] ?? MALFORMED
  const envelope = { message, type: 'invalid_request_error', param: null, code: null }
  const body = JSON.stringify({ error: envelope })
  socket.end(
    [
      `HTTP/1.1 ${line}`,
      'content-type: application/json; charset=utf-8',
      `content-length: ${Buffer.byteLength(body)}`,
      `x-request-id: ${newId('request')}`,
      'connection: close',
      '',
      body,
    ].join('\r\n'),
  )
}
