import type { Clock } from '@longhaul/contracts'
import type { Dispatcher } from 'undici'
import type { Connections } from './connections.ts'
import { type Call, type Cancellation, exchange, post } from './exchange.ts'
import type { JsonSchemas } from './json-schema.ts'
import {
  abortedResult,
  type CallContext,
  errorResult,
  exchangeFailed,
  readingResult,
} from './outcome.ts'
import type {
  OnChunk,
  Provider,
  ProviderDeployment,
  ProviderRequest,
  ProviderResult,
} from './port.ts'
import { readStream } from './read-stream.ts'
import type { Target, Targets } from './targets.ts'
import { postForWhole } from './whole-answer.ts'

interface Dependencies {
  clock: Clock
  connections: Connections
  targets: Targets
  schemas: JsonSchemas
}

/** Calls any deployment; what differs between providers is in its wire format. */
export class HttpProvider implements Provider {
  readonly #clock: Clock
  readonly #connections: Connections
  readonly #targets: Targets
  readonly #schemas: JsonSchemas
  #stopped = false

  constructor(dependencies: Dependencies) {
    this.#clock = dependencies.clock
    this.#connections = dependencies.connections
    this.#targets = dependencies.targets
    this.#schemas = dependencies.schemas
  }

  async complete(
    request: ProviderRequest,
    deployment: ProviderDeployment,
    signal: AbortSignal,
    onChunk?: OnChunk,
  ): Promise<ProviderResult> {
    if (this.#stopped) return abortedResult
    const target = this.#targets.of(deployment)
    const call = prepareCall(target, request, deployment, {
      signal,
      streamed: onChunk !== undefined,
    })
    if ('detail' in call) {
      return { ok: false, kind: 'invalid', detail: call.detail, status: undefined }
    }
    const context = {
      request,
      deployment,
      signal,
      target,
      clock: this.#clock,
      schemas: this.#schemas,
    }
    const result = await exchange(this.#clock, call, cancellation =>
      onChunk
        ? readStreamed(call, cancellation, context, onChunk)
        : readWhole(call, cancellation, context),
    )
    return 'ok' in result ? result : exchangeFailed(result, target)
  }

  stop(): Promise<void> {
    this.#stopped = true
    return this.#connections.stop()
  }
}

/** Apart from the call's own frame, which would keep the prepared body until the answer. */
function prepareCall(
  target: Target,
  request: ProviderRequest,
  deployment: ProviderDeployment,
  { signal, streamed }: { signal: AbortSignal; streamed: boolean },
): Call | { detail: string } {
  const prepared = target.format.prepare(request, deployment, streamed)
  if (!prepared.ok) return prepared
  return {
    pool: target.origin.pool,
    path: target.basePath + prepared.path + target.query,
    headers: headersOf(target, request),
    body: prepared.body,
    timeoutMs: target.config.timeout,
    signal,
  }
}

async function readWhole(
  call: Call,
  cancellation: Cancellation,
  context: CallContext,
): Promise<ProviderResult> {
  const { request, target, clock } = context
  const { status, headers, text } = await postForWhole(call, cancellation)
  const head = { status, headers }
  if (!isOk(status)) return errorResult(text, head, context)
  return readingResult(target.format.readWhole(text, request, clock), head, context)
}

async function readStreamed(
  call: Call,
  cancellation: Cancellation,
  context: CallContext,
  onChunk: OnChunk,
): Promise<ProviderResult> {
  const { request, target, clock } = context
  const { statusCode: status, headers, body } = await post(call, cancellation)
  const head = { status, headers }
  if (!isOk(status)) return errorResult(await errorText(body, context.signal), head, context)
  if (isJson(headers)) {
    return readingResult(target.format.readWhole(await body.text(), request, clock), head, context)
  }
  const reader = target.format.openStream(request, onChunk, clock)
  return readingResult(await readStream(body, reader, clock), head, context)
}

function isOk(status: number): boolean {
  return status >= 200 && status <= 299
}

/** Status and headers say enough when the body of an error breaks off. */
async function errorText(
  body: Dispatcher.ResponseData['body'],
  signal: AbortSignal,
): Promise<string> {
  try {
    return await body.text()
  } catch (error) {
    if (signal.aborted) throw error
    return ''
  }
}

function headersOf(target: Target, request: ProviderRequest): string[] {
  const headers = [...target.headers]
  if (request.traceparent !== undefined) headers.push('traceparent', request.traceparent)
  return headers
}

/** Asked for a stream, some servers answer whole; others stream under odd media types. */
function isJson(headers: Dispatcher.ResponseData['headers']): boolean {
  return String(headers['content-type']).toLowerCase().startsWith('application/json')
}
