export type RefusalKind =
  | 'rate-limited'
  | 'status'
  | 'context-overflow'
  | 'content-policy'
  | 'unauthorized'
  | 'payment-required'
  | 'invalid'
  | 'unknown-path'

/** An error answer, before a wire format puts it into its own envelope. */
export interface Refusal {
  kind: RefusalKind
  status: number
  message: string
  headers?: string[]
  /** Sent as it is, in place of the wire format's envelope. */
  body?: string
}

export function rateLimited(
  message: string,
  retryAfterMs: number | undefined,
  form: 'seconds' | 'date' | 'milliseconds' = 'seconds',
): Refusal {
  const headers = retryAfterMs === undefined ? [] : retryAfter(retryAfterMs, form)
  return { kind: 'rate-limited', status: 429, message, headers }
}

function retryAfter(ms: number, form: 'seconds' | 'date' | 'milliseconds'): string[] {
  switch (form) {
    case 'seconds':
      return ['retry-after', String(Math.ceil(ms / 1_000))]
    case 'milliseconds':
      return ['retry-after-ms', String(Math.ceil(ms))]
    case 'date':
      return ['retry-after', new Date(Math.ceil((Date.now() + ms) / 1_000) * 1_000).toUTCString()]
  }
}

export function unauthorized(): Refusal {
  return { kind: 'unauthorized', status: 401, message: 'Incorrect API key provided.' }
}

export function contextOverflow(tokens: number, window: number): Refusal {
  return {
    kind: 'context-overflow',
    status: 400,
    message: `This model's maximum context length is ${window} tokens. However, you requested ${tokens} tokens. Please reduce the length of the messages.`,
  }
}

export function invalid(message: string): Refusal {
  return { kind: 'invalid', status: 400, message }
}
