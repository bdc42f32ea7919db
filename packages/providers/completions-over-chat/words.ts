import { type JsonObject, objectOf, objectsOf } from '@longhaul/contracts'

/**
 * Legacy completions and chat completions say the same in other words. Streams
 * of either travel as chunks of chat completions; these put one into the other.
 */

/** @param firstIndex of the choices, which follow those of texts before */
export function completionChoices(chat: JsonObject, firstIndex = 0): JsonObject[] {
  return objectsOf(chat.choices).map(({ index, message, finish_reason: finish, logprobs }) => ({
    text: textOf(objectOf(message).content),
    index: firstIndex + Number(index ?? 0),
    logprobs: logprobs ?? null,
    finish_reason: finish ?? 'stop',
  }))
}

export function completionOf(chat: JsonObject): JsonObject {
  const { choices: _, usage, ...head } = chat
  const answer = { ...head, object: 'text_completion', choices: completionChoices(chat) }
  return usage === undefined ? answer : { ...answer, usage }
}

export function chatOf(completion: JsonObject): JsonObject {
  const choices = objectsOf(completion.choices).map(({ text, ...choice }) => ({
    ...choice,
    message: { role: 'assistant', content: text },
  }))
  return { ...completion, object: 'chat.completion', choices }
}

/** Of a stream. */
export function completionChunkOf(chunk: JsonObject): JsonObject {
  const choices = objectsOf(chunk.choices).map(({ delta, ...choice }) => ({
    text: textOf(objectOf(delta).content),
    logprobs: null,
    finish_reason: null,
    ...choice,
  }))
  return { ...chunk, object: 'text_completion', choices }
}

/** Of a stream. */
export function chatChunkOf(chunk: JsonObject): JsonObject {
  const choices = objectsOf(chunk.choices).map(({ text, ...choice }) => ({
    ...choice,
    delta: { content: text },
  }))
  return { ...chunk, object: 'chat.completion.chunk', choices }
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  return objectsOf(content)
    .map(({ text }) => (typeof text === 'string' ? text : ''))
    .join('')
}
