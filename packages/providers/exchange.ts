import { EventEmitter } from 'node:events'
import { Readable } from 'node:stream'
import type { Clock } from '@longhaul/contracts'
import type { Dispatcher, Pool } from 'undici'

export interface Call {
  pool: Pool
  path: string
  headers: string[]
  /** Empty once it was handed over: a call is posted once. */
  body: string
  /** For the whole answer, connecting included. */
  timeoutMs: number
  signal: AbortSignal
}

/** Why no answer came, seen from here. */
export type ExchangeFailure =
  | { kind: 'aborted' }
  | { kind: 'misconfigured'; detail: string }
  | { kind: 'unavailable'; detail: string }

/**
 * One exchange with a provider. Time-out and abort close the connection
 * at once, so that the provider stops working on it, and end the exchange even
 * while it waits for a connection. Nothing is sent twice: a reset of a reused
 * connection may have come after the provider had billed the call.
 * @param perform posts the call and reads its answer
 * @throws what `perform` throws, unless the network made it
 */
export async function exchange<T>(
  clock: Clock,
  call: Call,
  perform: (cancellation: Cancellation) => Promise<T>,
): Promise<T | ExchangeFailure> {
  if (call.signal.aborted) return { kind: 'aborted' }
  const cancellation = new Cancellation()
  const cancelTimer = clock.schedule(call.timeoutMs, () => cancellation.cancel('timed out'))
  const onAbort = () => cancellation.cancel('aborted')
  call.signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await perform(cancellation)
  } catch (error) {
    if (cancellation.cause === 'aborted') return { kind: 'aborted' }
    if (cancellation.cause === 'timed out') {
      return { kind: 'unavailable', detail: `no whole answer within ${call.timeoutMs} ms` }
    }
    return networkFailure(error)
  } finally {
    cancelTimer()
    call.signal.removeEventListener('abort', onAbort)
  }
}

const LONG_BODY_CHARACTERS = 16 * 1024

/**
 * What undici is told of a call, which forgets its body. The bytes of a long one
 * are handed over when a connection takes them, and kept by nobody while the model
 * answers: what undici is given as text it keeps until the answer is there, and
 * hundreds of long prompts wait at a time.
 */
export function requestOf(call: Call): Dispatcher.DispatchOptions {
  const { path, headers, body } = call
  call.body = ''
  if (body.length < LONG_BODY_CHARACTERS) return { method: 'POST', path, headers, body }
  const bytes = Buffer.from(body)
  return {
    method: 'POST',
    path,
    headers: [...headers, 'content-length', String(bytes.length)],
    body: Readable.from(taken([bytes]), { objectMode: false }),
  }
}

/** A generator that has ended keeps what its variables held: it has none. */
function* taken(parts: Buffer[]): Generator<Buffer | undefined> {
  while (parts.length > 0) yield parts.pop()
}

/** Resolves with the head of the answer; its body is a stream. */
export function post(call: Call, cancellation: Cancellation): Promise<Dispatcher.ResponseData> {
  return new Promise((resolve, reject) => {
    // undici hears of a cancellation only once the request has a connection.
    cancellation.whenCancelled(reject)
    call.pool.request({ ...requestOf(call), signal: cancellation }, (error, answer) =>
      error ? reject(error) : resolve(answer),
    )
  })
}

/** What undici takes for a signal, at a tenth of the price of an AbortController. */
export class Cancellation extends EventEmitter {
  aborted = false
  reason: Error | undefined
  cause: 'aborted' | 'timed out' | undefined

  whenCancelled(tell: (reason: Error) => void): void {
    this.once('cancelled', tell)
  }

  cancel(cause: 'aborted' | 'timed out'): void {
    if (this.aborted) return
    this.aborted = true
    this.cause = cause
    this.reason = new Error(cause)
    this.emit('abort')
    this.emit('cancelled', this.reason)
  }
}

function networkFailure(error: unknown): ExchangeFailure {
  const { code, message } = error as NodeJS.ErrnoException
  // Errors of the network carry a code; what carries none is a fault of ours.
  if (typeof code !== 'string') throw error
  switch (code) {
    case 'UND_ERR_DESTROYED':
    case 'UND_ERR_CLOSED':
      return { kind: 'aborted' }
    case 'UND_ERR_INVALID_ARG':
      return { kind: 'misconfigured', detail: message }
    case 'UND_ERR_RES_EXCEEDED_MAX_SIZE':
      return { kind: 'unavailable', detail: 'the answer is larger than 64 MiB' }
    default:
      return { kind: 'unavailable', detail: `${code}: ${message || firstMessage(error)}` }
  }
}

/** When several addresses were tried, the words are in the first attempt's error. */
function firstMessage(error: unknown): string {
  const [first] = error instanceof AggregateError ? (error.errors as Error[]) : []
  return first?.message ?? 'the connection failed'
}
