import { isObject, type JsonObject, objectOf } from '@longhaul/contracts'
import { parseJson } from '../json-value.ts'
import type {
  OnChunk,
  Provider,
  ProviderDeployment,
  ProviderRequest,
  ProviderResult,
} from '../port.ts'
import { saidOrUntranslatable, speaks, UntranslatableError } from '../untranslatable.ts'
import { EventWriter } from './event-writer.ts'
import { chatRequest } from './request.ts'
import { responseOf } from './response.ts'

/**
 * Gives responses from models that speak chat completions only: the request is
 * put into their words, and the answer back into a response.
 */
export class ResponsesOverChat implements Provider {
  readonly #inner: Provider

  constructor(inner: Provider) {
    this.#inner = inner
  }

  async complete(
    request: ProviderRequest,
    deployment: ProviderDeployment,
    signal: AbortSignal,
    onChunk?: OnChunk,
  ): Promise<ProviderResult> {
    if (request.endpoint !== '/v1/responses' || speaks(deployment, '/v1/responses')) {
      return this.#inner.complete(request, deployment, signal, onChunk)
    }
    const chat = saidOrUntranslatable(() => chatRequest(request.body))
    if (chat instanceof UntranslatableError) {
      return { ok: false, kind: 'invalid', detail: chat.message, status: undefined }
    }
    const writer = onChunk && new EventWriter(onChunk)
    const asked = { ...request, endpoint: '/v1/chat/completions' as const, body: chat }
    const result = await this.#inner.complete(
      asked,
      deployment,
      signal,
      writer && (chunk => writer.chunk(chunk)),
    )
    if (result.ok) writer?.finish()
    return translated(result, request.body)
  }

  stop(): Promise<void> {
    return this.#inner.stop()
  }
}

function translated(result: ProviderResult, request: JsonObject): ProviderResult {
  if (!result.ok && result.kind !== 'unusable') return result
  const completion = parseJson(result.body)
  if (!isObject(completion)) return result
  const response = responseOf(objectOf(completion), request, result.usage)
  return { ...result, body: JSON.stringify(response) }
}
