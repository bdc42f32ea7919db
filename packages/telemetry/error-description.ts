export interface ErrorDescription {
  type: string
  message: string
  code?: string | number
  stack?: string
  cause?: ErrorDescription
}

const MAX_MESSAGE = 2_000
const MAX_STACK = 8_000
const MAX_CAUSES = 5

const credentials: readonly [RegExp, string][] = [
  [/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi, '$1[redacted]@'],
  [/\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, '$1 [redacted]'],
  [/\b(sk|pk|gsk|whsec|lh|xai)[-_][\w+/=-]{8,}/g, '$1-[redacted]'],
]

/** Takes credentials in URLs, headers and well-known key forms out of a text. */
export function withoutCredentials(text: string): string {
  return credentials.reduce((all, [pattern, mark]) => all.replace(pattern, mark), text)
}

/**
 * What a log keeps of an error. Only these fields: database errors carry row
 * values and HTTP errors whole answers in fields of their own.
 */
export function describeError(error: unknown): ErrorDescription {
  return describe(error, MAX_CAUSES)
}

function describe(error: unknown, causes: number): ErrorDescription {
  if (!(error instanceof Error)) {
    return { type: typeof error, message: clean(String(error), MAX_MESSAGE) }
  }
  const { code } = error as { code?: unknown }
  return {
    type: error.name,
    message: clean(error.message, MAX_MESSAGE),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(error.stack ? { stack: clean(framesOf(error.stack), MAX_STACK) } : {}),
    ...(error.cause !== undefined && causes > 0
      ? { cause: describe(error.cause, causes - 1) }
      : {}),
  }
}

/** The message stands at the head of the stack, uncut. */
function framesOf(stack: string): string {
  const frames = stack.search(/^\s+at /m)
  return frames < 0 ? '' : stack.slice(frames)
}

function clean(text: string, length: number): string {
  // Cut first: a megabyte of text is not worth searching.
  return withoutCredentials(text.slice(0, length))
}
