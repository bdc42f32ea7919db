import { isIP } from 'node:net'
import type { Clock } from '@longhaul/contracts'
import { type ReceiverPolicy, ReceiverPrivateError } from '@longhaul/runtime'
import { Agent, buildConnector, type Dispatcher } from 'undici'
import { parseRetryAfter } from './retry-schedule.ts'

/** What became of one request to a receiver. */
export type Answer =
  | { kind: 'answered'; status: number; retryAfterMs: number | undefined }
  /** No answer: it could not be reached, broke off, or took too long. */
  | { kind: 'unreachable'; detail: string }
  /** The policy forbids the receiver; nothing was sent. */
  | { kind: 'refused'; detail: string }
  /** The caller gave up; it may have been received. */
  | { kind: 'aborted' }

export interface ReceiverClientOptions {
  /** For connecting, sending and the head of the answer together. */
  timeoutMs: number
  /** Requests under way at a time. */
  concurrency: number
  userAgent: string
}

/** What is read of an answer, so that its connection can be used again. */
const DRAIN_BYTES = 64 * 1024
const DRAIN_MS = 2_000

/**
 * Posts to receivers, public ones or allowed ones only. The policy judges the
 * URL at every request, and every address at every connection, in the
 * connection's own look-up. Redirects are answers like any other.
 */
export class ReceiverClient {
  readonly #policy: ReceiverPolicy
  readonly #clock: Clock
  readonly #options: ReceiverClientOptions
  readonly #agent: Agent

  constructor(
    { receiverPolicy, clock }: { receiverPolicy: ReceiverPolicy; clock: Clock },
    options: ReceiverClientOptions,
  ) {
    this.#policy = receiverPolicy
    this.#clock = clock
    this.#options = options
    this.#agent = new Agent({
      connect: guardedConnector(receiverPolicy, options.timeoutMs),
      connections: options.concurrency,
      // The request as a whole is bounded by the clock.
      headersTimeout: 0,
      bodyTimeout: 0,
    })
  }

  /** Never rejects. */
  async post(
    url: string,
    headers: Record<string, string>,
    body: string,
    signal: AbortSignal,
  ): Promise<Answer> {
    const check = this.#policy.checkUrl(url)
    if (!check.ok) return { kind: 'refused', detail: check.message }
    const { timeoutMs } = this.#options
    const timeout = new AbortController()
    const cancel = this.#clock.schedule(timeoutMs, () => timeout.abort())
    try {
      return await this.#request(
        check.url,
        headers,
        body,
        AbortSignal.any([signal, timeout.signal]),
      )
    } catch (error) {
      if (error instanceof ReceiverPrivateError) return { kind: 'refused', detail: error.message }
      if (timeout.signal.aborted) {
        return { kind: 'unreachable', detail: `no answer within ${timeoutMs} ms` }
      }
      if (signal.aborted) return { kind: 'aborted' }
      return { kind: 'unreachable', detail: describe(error) }
    } finally {
      cancel()
    }
  }

  /** Requests under way end as `unreachable`. Safe to call twice. */
  async stop(): Promise<void> {
    await this.#agent.destroy()
  }

  async #request(
    url: URL,
    headers: Record<string, string>,
    body: string,
    signal: AbortSignal,
  ): Promise<Answer> {
    const response = await this.#agent.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': this.#options.userAgent,
        ...headers,
      },
      body,
      signal,
    })
    await this.#drain(response.body)
    const retryAfterMs = parseRetryAfter(response.headers['retry-after'], this.#clock.now())
    return { kind: 'answered', status: response.statusCode, retryAfterMs }
  }

  /** The status is known: whatever happens to the rest changes nothing. */
  async #drain(body: Dispatcher.ResponseData['body']): Promise<void> {
    const late = new AbortController()
    const cancel = this.#clock.schedule(DRAIN_MS, () => late.abort())
    body.on('error', () => {})
    try {
      await body.dump({ limit: DRAIN_BYTES, signal: late.signal })
    } catch {
      body.destroy()
    } finally {
      cancel()
    }
  }
}

/** Node asks the look-up for names only, so literals are judged here. */
function guardedConnector(policy: ReceiverPolicy, timeoutMs: number): buildConnector.connector {
  const connect = buildConnector({ lookup: policy.lookup, timeout: timeoutMs })
  return (options, callback) => {
    const host = options.hostname.replace(/^\[(.*)\]$/, '$1')
    if (isIP(host) !== 0 && !policy.allowsAddress(host)) {
      callback(new ReceiverPrivateError(`${host} is not a public address`), null)
      return
    }
    connect(options, callback)
  }
}

/** `ECONNREFUSED`, or the message where there is no code. */
function describe(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown }
  return String(code ?? message ?? error)
}
