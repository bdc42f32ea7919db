import type { Refusal } from '../refusal.ts'

const types: Record<number, string> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  422: 'invalid_request_error',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error',
}

const messages: Partial<Record<Refusal['kind'], string>> = {
  'context-overflow': 'prompt is too long',
  'content-policy': 'Output blocked by content filtering policy',
  unauthorized: 'invalid x-api-key',
}

export function anthropicError(refusal: Refusal, requestId: string): unknown {
  const message = messages[refusal.kind]
  const detail = refusal.kind === 'context-overflow' ? `: ${refusal.message}` : ''
  return {
    type: 'error',
    error: {
      type: types[refusal.status] ?? 'api_error',
      message: message === undefined ? refusal.message : `${message}${detail}`,
    },
    request_id: requestId,
  }
}

export function anthropicStreamError(refusal: Refusal, requestId: string): string {
  return `event: error\ndata: ${JSON.stringify(anthropicError(refusal, requestId))}\n\n`
}
