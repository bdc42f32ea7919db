import { isObject } from '@longhaul/contracts'
import { parseJson } from '../json-value.ts'
import type { OnChunk } from '../port.ts'
import { readUsage } from '../usage.ts'
import { excerpt, malformed, type Reading, type StreamReader } from '../wire-format.ts'
import { ChatAssembly } from './chat-assembly.ts'
import { errorIn } from './error-in-answer.ts'

/**
 * A stream of chat completion chunks. It is whole when `[DONE]` came, or, for
 * servers that leave that out, when every choice had its `finish_reason`.
 */
export class ChatStream implements StreamReader {
  readonly #onChunk: OnChunk
  readonly #assembly = new ChatAssembly()
  #fault: Reading | undefined
  #done = false

  constructor(onChunk: OnChunk) {
    this.#onChunk = onChunk
  }

  read(payload: string): boolean {
    if (payload === '[DONE]') {
      this.#done = true
      return true
    }
    const chunk = parseJson(payload)
    if (!isObject(chunk)) {
      this.#fault = malformed(`the stream holds what is no JSON object: ${excerpt(payload)}`)
      return true
    }
    const error = errorIn(chunk)
    if (error !== undefined) {
      this.#fault = { kind: 'error', error, usage: readUsage(chunk.usage) }
      return true
    }
    this.#assembly.add(chunk)
    this.#onChunk(payload)
    return false
  }

  finish(): Reading {
    if (this.#fault) return this.#fault
    if (!this.#done && !this.#assembly.finished) {
      return malformed('the stream ended before the answer did')
    }
    const value = this.#assembly.completion()
    return { kind: 'answer', value, body: JSON.stringify(value), usage: readUsage(value.usage) }
  }
}
