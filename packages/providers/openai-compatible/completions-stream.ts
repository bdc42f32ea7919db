import { isObject, type JsonObject } from '@longhaul/contracts'
import { chatChunkOf, completionOf } from '../completions-over-chat/words.ts'
import { parseJson } from '../json-value.ts'
import type { OnChunk } from '../port.ts'
import type { Reading, StreamReader } from '../wire-format.ts'
import { ChatStream } from './chat-stream.ts'

/** A stream of legacy completion chunks, which travel on as those of chat completions. */
export class CompletionsStream implements StreamReader {
  readonly #inner: ChatStream

  constructor(onChunk: OnChunk) {
    this.#inner = new ChatStream(onChunk)
  }

  read(payload: string): boolean {
    const chunk = parseJson(payload)
    return this.#inner.read(isObject(chunk) ? JSON.stringify(chatChunkOf(chunk)) : payload)
  }

  finish(): Reading {
    const reading = this.#inner.finish()
    if (reading.kind !== 'answer') return reading
    const value: JsonObject = completionOf(reading.value)
    return { ...reading, value, body: JSON.stringify(value) }
  }
}
