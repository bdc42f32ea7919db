import { isObject, type JsonObject, objectOf, objectsOf } from '@longhaul/contracts'
import { mergeDelta } from './merge-delta.ts'

interface Choice {
  message: JsonObject
  logprobs: JsonObject | undefined
  finishReason: unknown
  /** Fields of the chunk's choice that we do not know; the last one counts. */
  extra: JsonObject
}

/** The `chat.completion` that a stream's chunks add up to, unknown fields included. */
export class ChatAssembly {
  readonly #choices = new Map<number, Choice>()
  #head: JsonObject = {}
  #usage: unknown

  /** Whether every choice seen so far has its finish reason. */
  get finished(): boolean {
    const choices = [...this.#choices.values()]
    return choices.length > 0 && choices.every(choice => choice.finishReason != null)
  }

  add(chunk: JsonObject): void {
    // `obfuscation` is padding against eavesdroppers.
    const { choices, usage, object: _, obfuscation: __, ...head } = chunk
    for (const [name, value] of Object.entries(head)) {
      if (value !== null && value !== '') this.#head[name] = value
      else if (!(name in this.#head)) this.#head[name] = value
    }
    // Some send it with every chunk, growing: the last one counts.
    if (isObject(usage)) this.#usage = usage
    for (const choice of objectsOf(choices)) this.#addChoice(choice)
  }

  #addChoice(chunk: JsonObject): void {
    const { index, delta, logprobs, finish_reason, ...extra } = chunk
    const choice = this.#choice(typeof index === 'number' ? index : 0)
    // A few servers end a stream with a whole `message` in place of a delta.
    mergeDelta(choice.message, objectOf(delta))
    if (isObject(logprobs)) {
      choice.logprobs ??= {}
      mergeDelta(choice.logprobs, logprobs)
    }
    if (finish_reason != null) choice.finishReason = finish_reason
    Object.assign(choice.extra, extra)
  }

  #choice(index: number): Choice {
    let choice = this.#choices.get(index)
    if (!choice) {
      choice = {
        message: { role: 'assistant', content: null, refusal: null },
        logprobs: undefined,
        finishReason: null,
        extra: {},
      }
      this.#choices.set(index, choice)
    }
    return choice
  }

  completion(): JsonObject {
    const choices = [...this.#choices].sort(([a], [b]) => a - b)
    return {
      ...this.#head,
      object: 'chat.completion',
      choices: choices.map(([index, choice]) => ({
        ...choice.extra,
        index,
        message: withoutToolIndexes(choice.message),
        logprobs: choice.logprobs ?? null,
        finish_reason: choice.finishReason,
      })),
      ...(this.#usage !== undefined && { usage: this.#usage }),
    }
  }
}

/** Tool calls carry their `index` in deltas only. */
function withoutToolIndexes(message: JsonObject): JsonObject {
  if (!Array.isArray(message.tool_calls)) return message
  const calls = objectsOf(message.tool_calls).map(({ index: _, ...call }) => call)
  return { ...message, tool_calls: calls }
}
