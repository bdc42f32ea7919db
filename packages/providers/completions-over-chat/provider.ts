import { type JsonObject, objectOf, objectsOf, type Usage } from '@longhaul/contracts'
import { parseJson } from '../json-value.ts'
import type {
  OnChunk,
  Provider,
  ProviderDeployment,
  ProviderRequest,
  ProviderResult,
  ProviderSuccess,
} from '../port.ts'
import { saidOrUntranslatable, speaks, UntranslatableError } from '../untranslatable.ts'
import { chatRequests } from './request.ts'
import { completionChoices } from './words.ts'

/**
 * Gives legacy completions from models that speak chat completions only: each
 * text of the prompt is a chat completion, and their answers are one.
 */
export class CompletionsOverChat implements Provider {
  readonly #inner: Provider
  /**
   * What texts of a body were answered by a model before one of them failed:
   * whoever asks again with the same object, at another deployment, pays for the
   * others only. A job that comes from the bus again has another, and pays anew.
   */
  readonly #answered = new WeakMap<JsonObject, { model: string; answers: ProviderSuccess[] }>()

  constructor(inner: Provider) {
    this.#inner = inner
  }

  async complete(
    request: ProviderRequest,
    deployment: ProviderDeployment,
    signal: AbortSignal,
    onChunk?: OnChunk,
  ): Promise<ProviderResult> {
    if (request.endpoint !== '/v1/completions' || speaks(deployment, '/v1/completions')) {
      return this.#inner.complete(request, deployment, signal, onChunk)
    }
    const chats = saidOrUntranslatable(() => chatRequests(request.body))
    if (chats instanceof UntranslatableError) {
      return { ok: false, kind: 'invalid', detail: chats.message, status: undefined }
    }
    const answersEach = Number(request.body.n ?? 1)
    const answers = this.#taken(request.body, deployment.model)
    const before = answers.length
    for (const [place, body] of chats.entries()) {
      if (place < before) continue
      const asked = { ...request, endpoint: '/v1/chat/completions' as const, body }
      const tell = onChunk && ((chunk: string) => onChunk(moved(chunk, place * answersEach)))
      const result = await this.#inner.complete(asked, deployment, signal, tell)
      if (!result.ok) {
        this.#answered.set(request.body, { model: deployment.model, answers })
        return { ...result, ...paidFor([...answers.slice(before), result]) }
      }
      answers.push(result)
    }
    return joined(answers, answersEach, before)
  }

  #taken(body: JsonObject, model: string): ProviderSuccess[] {
    const known = this.#answered.get(body)
    this.#answered.delete(body)
    return known?.model === model ? known.answers : []
  }

  stop(): Promise<void> {
    return this.#inner.stop()
  }
}

/** A chunk whose choices follow those of the texts before. */
function moved(payload: string, by: number): string {
  if (by === 0) return payload
  const chunk = objectOf(parseJson(payload))
  const choices = objectsOf(chunk.choices).map(choice => ({
    ...choice,
    index: by + Number(choice.index ?? 0),
  }))
  return JSON.stringify({ ...chunk, choices })
}

/** @param before how many of the answers were paid for by calls before this one */
function joined(
  answers: readonly ProviderSuccess[],
  answersEach: number,
  before: number,
): ProviderResult {
  const chats = answers.map(({ body }) => objectOf(parseJson(body)))
  const [{ choices: _, usage: __, ...head } = {}] = chats
  const completion = {
    ...head,
    object: 'text_completion',
    choices: chats.flatMap((chat, place) => completionChoices(chat, place * answersEach)),
  }
  const status = answers[0]?.status ?? 200
  // A sum of some of them would be taken for that of all.
  const isTold = answers.every(({ usage }) => usage)
  if (!isTold) {
    const body = JSON.stringify(completion)
    return { ok: true, status, body, usage: undefined, costUsd: undefined }
  }
  const usages = chats.map(({ usage }) => objectOf(usage))
  const told = sumOf(usages, ['prompt_tokens', 'completion_tokens', 'total_tokens'])
  const { usage, costUsd } = paidFor(answers)
  const body = JSON.stringify({ ...completion, usage: told })
  const paid = before > 0 && { paid: paidFor(answers.slice(before)) }
  return { ok: true, status, body, usage, costUsd, ...paid }
}

/** All calls together. */
function paidFor(results: ReadonlyArray<Pick<ProviderResult, 'usage' | 'costUsd'>>): {
  usage?: Usage
  costUsd?: number
} {
  const usages = results.flatMap(({ usage }) => (usage ? [usage] : []))
  const [first] = usages
  if (!first) return {}
  const costUsd = results.reduce((sum, result) => sum + (result.costUsd ?? 0), 0)
  return { usage: { ...first, ...sumOf(usages, Object.keys(first)) }, costUsd }
}

function sumOf(parts: readonly object[], names: readonly string[]): Record<string, number> {
  const sums = names.map(name => {
    const values = parts.map(part => Number(objectOf(part)[name] ?? 0))
    return [name, values.reduce((sum, value) => sum + value, 0)] as const
  })
  return Object.fromEntries(sums)
}
