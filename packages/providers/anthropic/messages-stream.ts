import { isObject, type JsonObject, objectOf } from '@longhaul/contracts'
import { parseJson, textOf } from '../json-value.ts'
import type { OnChunk } from '../port.ts'
import { excerpt, malformed, type Reading, type StreamReader } from '../wire-format.ts'
import { completionReading, finishReasons } from './completion.ts'
import { completionUsage, readMessagesUsage } from './usage.ts'

/**
 * A stream of Messages events. Each is added to the message that it is part
 * of, and told as a chunk of a chat completion; the answer is the whole
 * message, once `message_stop` came.
 */
export class MessagesStream implements StreamReader {
  readonly #request: JsonObject
  readonly #onChunk: OnChunk
  readonly #createdSeconds: number
  readonly #blocks: JsonObject[] = []
  #message: JsonObject = {}
  #usage: JsonObject = {}
  #toolCalls = 0
  #stopped = false
  #fault: Reading | undefined

  constructor(request: JsonObject, onChunk: OnChunk, createdSeconds: number) {
    this.#request = request
    this.#onChunk = onChunk
    this.#createdSeconds = createdSeconds
  }

  read(payload: string): boolean {
    const event = parseJson(payload)
    if (!isObject(event)) {
      this.#fault = malformed(`the stream holds what is no JSON object: ${excerpt(payload)}`)
      return true
    }
    switch (event.type) {
      case 'message_start':
        this.#start(objectOf(event.message))
        break
      case 'content_block_start':
        this.#startBlock(event.index, objectOf(event.content_block))
        break
      case 'content_block_delta':
        this.#addDelta(objectOf(this.#blocks[Number(event.index)]), objectOf(event.delta))
        break
      case 'message_delta':
        this.#endMessage(objectOf(event.delta), objectOf(event.usage))
        break
      case 'message_stop':
        this.#stopped = true
        return true
      case 'error':
        this.#fault = { kind: 'error', error: event, usage: readMessagesUsage(this.#usage) }
        return true
    }
    return false
  }

  finish(): Reading {
    if (this.#fault) return this.#fault
    if (!this.#stopped) return malformed('the stream ended before the answer did')
    // A block's place can be empty only if its start was never sent.
    const content = this.#blocks.filter(isObject)
    const message = { ...this.#message, content, usage: this.#usage }
    return completionReading(message, this.#request, this.#createdSeconds)
  }

  #start({ usage, ...message }: JsonObject): void {
    this.#message = message
    this.#usage = objectOf(usage)
    this.#tell({ role: 'assistant', content: '' })
  }

  #startBlock(index: unknown, block: JsonObject): void {
    const started = { ...block }
    this.#blocks[typeof index === 'number' ? index : this.#blocks.length] = started
    if (block.type === 'text' && block.text) this.#tell({ content: block.text })
    if (block.type !== 'tool_use') return
    // Its input comes in pieces of JSON text.
    started.input = ''
    started.place = this.#toolCalls
    this.#toolCalls += 1
    const call = { name: block.name, arguments: '' }
    this.#tell({
      tool_calls: [{ index: started.place, id: block.id, type: 'function', function: call }],
    })
  }

  #addDelta(block: JsonObject, delta: JsonObject): void {
    switch (delta.type) {
      case 'text_delta':
        block.text = joined(block.text, delta.text)
        this.#tell({ content: delta.text })
        break
      case 'thinking_delta':
        block.thinking = joined(block.thinking, delta.thinking)
        this.#tell({ reasoning_content: delta.thinking })
        break
      case 'input_json_delta':
        block.input = joined(block.input, delta.partial_json)
        if (block.type !== 'tool_use') break
        this.#tell({
          tool_calls: [{ index: block.place, function: { arguments: delta.partial_json } }],
        })
        break
      case 'signature_delta':
        block.signature = delta.signature
        break
      case 'citations_delta':
        block.citations = [
          ...(Array.isArray(block.citations) ? block.citations : []),
          delta.citation,
        ]
    }
  }

  #endMessage(delta: JsonObject, usage: JsonObject): void {
    Object.assign(this.#message, delta)
    for (const [name, value] of Object.entries(usage)) {
      if (value !== null) this.#usage[name] = value
    }
    this.#tell({}, finishReasons[String(delta.stop_reason)] ?? 'stop')
    const total = readMessagesUsage(this.#usage)
    if (total) this.#emit({ choices: [], usage: completionUsage(total, this.#usage) })
  }

  #tell(delta: JsonObject, finishReason: string | null = null): void {
    this.#emit({ choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }] })
  }

  #emit(fields: JsonObject): void {
    const { id, model } = this.#message
    const head = { id, object: 'chat.completion.chunk', created: this.#createdSeconds, model }
    this.#onChunk(JSON.stringify({ ...head, ...fields }))
  }
}

function joined(before: unknown, added: unknown): string {
  return (textOf(before) ?? '') + (textOf(added) ?? '')
}
