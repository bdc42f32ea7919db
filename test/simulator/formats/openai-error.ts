import type { Refusal, RefusalKind } from '../refusal.ts'

const types: Record<RefusalKind, { type: string; code: string | null; param?: string }> = {
  'rate-limited': { type: 'requests', code: 'rate_limit_exceeded' },
  status: { type: 'server_error', code: null },
  'context-overflow': {
    type: 'invalid_request_error',
    code: 'context_length_exceeded',
    param: 'messages',
  },
  'content-policy': { type: 'invalid_request_error', code: 'content_filter', param: 'prompt' },
  unauthorized: { type: 'invalid_request_error', code: 'invalid_api_key' },
  'payment-required': { type: 'insufficient_quota', code: 'insufficient_quota' },
  invalid: { type: 'invalid_request_error', code: null },
  'unknown-path': { type: 'invalid_request_error', code: 'unknown_url' },
}

export function openAiError(refusal: Refusal): unknown {
  const { type, code, param } = types[refusal.kind]
  const clientFault = refusal.kind === 'status' && refusal.status < 500
  return {
    error: {
      message: refusal.message,
      type: clientFault ? 'invalid_request_error' : type,
      param: param ?? null,
      code: refusal.status === 404 && clientFault ? 'model_not_found' : code,
    },
  }
}

export function openAiStreamError(refusal: Refusal): string {
  return `data: ${JSON.stringify(openAiError(refusal))}\n\n`
}
