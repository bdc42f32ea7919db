import { isObject, type JsonObject, objectOf, objectsOf } from '@longhaul/contracts'
import type { PartsReceiver } from './stream-parts.ts'

export interface ChatRelayOptions {
  /** Whether chunks carry a `usage`, null but in the last. */
  includeUsage: boolean
  /** Takes one chunk as JSON text; the first is the first with something to read. */
  write: (chunk: string) => void
  /** The answer begins anew after some of it was written. */
  onInterrupted: () => void
}

/**
 * Chunks of a chat completion on their way from the model to the caller. What
 * has nothing to read yet is held back, so that a call that fails before its
 * first word can be repeated unseen. Chunks with nothing but usage are left to
 * the end, when the cost is known as well.
 */
export class ChatRelay implements PartsReceiver {
  readonly #options: ChatRelayOptions
  #held: string[] = []
  #begun = false
  /** What was passed on, by the index of the choice. */
  readonly #choices = new Map<number, { text: string; finished: boolean; calls: boolean }>()

  constructor(options: ChatRelayOptions) {
    this.#options = options
  }

  chunk(payload: string): void {
    const chunk = objectOf(JSON.parse(payload))
    const choices = objectsOf(chunk.choices)
    if (choices.length === 0) return
    for (const choice of choices) this.#note(choice)
    this.#held.push(this.#shown(payload, chunk))
    if (this.#begun || choices.some(hasSomething)) this.#flush()
  }

  restarted(): boolean {
    if (this.#begun) {
      this.#options.onInterrupted()
      return false
    }
    this.#held = []
    this.#choices.clear()
    return true
  }

  /**
   * Writes what is still missing of the whole answer.
   * @returns false when what was written does not fit the answer, so that it cannot be completed
   */
  complete(completion: JsonObject): boolean {
    const whole = objectsOf(completion.choices)
    if (!this.#begun) {
      this.#held = []
      this.#choices.clear()
    }
    for (const choice of whole) {
      const passed = this.#choices.get(Number(choice.index ?? 0))
      if (passed?.finished) continue
      const rest = restOf(choice, passed)
      if (!rest) return false
      for (const part of rest) {
        this.#held.push(JSON.stringify(this.#withUsage({ ...headOf(completion), choices: [part] })))
      }
    }
    this.#flush()
    return true
  }

  #note({ index, delta, finish_reason: finishReason }: JsonObject): void {
    const place = Number(index ?? 0)
    const passed = this.#choices.get(place) ?? { text: '', finished: false, calls: false }
    const { content, tool_calls: calls } = objectOf(delta)
    if (typeof content === 'string') passed.text += content
    if (calls != null) passed.calls = true
    if (finishReason != null) passed.finished = true
    this.#choices.set(place, passed)
  }

  #shown(payload: string, chunk: JsonObject): string {
    const { usage, ...rest } = chunk
    const asItCame = this.#options.includeUsage ? usage === null : usage === undefined
    return asItCame ? payload : JSON.stringify(this.#withUsage(rest))
  }

  #withUsage(chunk: JsonObject): JsonObject {
    return this.#options.includeUsage ? { ...chunk, usage: null } : chunk
  }

  #flush(): void {
    this.#begun = true
    for (const chunk of this.#held.splice(0)) this.#options.write(chunk)
  }
}

/** The last chunk of a stream that tells its usage. */
export function usageChunk(completion: JsonObject): JsonObject {
  return { ...headOf(completion), choices: [], usage: completion.usage ?? null }
}

function headOf(completion: JsonObject): JsonObject {
  const { choices: _, usage: __, ...head } = completion
  return { ...head, object: 'chat.completion.chunk' }
}

function hasSomething({ delta, finish_reason: finishReason }: JsonObject): boolean {
  if (finishReason != null) return true
  return Object.entries(objectOf(delta)).some(
    ([name, value]) => name !== 'role' && value !== null && value !== '',
  )
}

/** The chunks' choices that complete what was passed on; undefined when that does not fit. */
function restOf(
  { index, message, logprobs, finish_reason: finishReason, ...extra }: JsonObject,
  passed: { text: string; calls: boolean } | undefined,
): JsonObject[] | undefined {
  const end = { ...extra, index, delta: {}, logprobs: null, finish_reason: finishReason ?? 'stop' }
  const { tool_calls: calls, ...words } = objectOf(message)
  if (!passed) {
    const delta = {
      ...words,
      ...(Array.isArray(calls) && { tool_calls: calls.map(indexed) }),
    }
    return [{ index, delta, logprobs: logprobs ?? null, finish_reason: null }, end]
  }
  const text = typeof words.content === 'string' ? words.content : ''
  if (passed.calls || Array.isArray(calls) || !text.startsWith(passed.text)) return undefined
  const rest = text.slice(passed.text.length)
  return [{ index, delta: { content: rest }, logprobs: null, finish_reason: null }, end]
}

function indexed(call: unknown, index: number): unknown {
  return isObject(call) ? { index, ...call } : call
}
