import { isObject } from '@longhaul/contracts'
import { parseJson } from '../json-value.ts'
import type { OnChunk } from '../port.ts'
import { readUsage } from '../usage.ts'
import { excerpt, malformed, type Reading, type StreamReader } from '../wire-format.ts'

/** Events after which nothing follows; each carries the whole response. */
const endings = new Set(['response.completed', 'response.incomplete', 'response.failed'])

/** The events of a streamed response; the last one carries what they add up to. */
export class ResponsesStream implements StreamReader {
  readonly #onChunk: OnChunk
  #outcome: Reading | undefined

  constructor(onChunk: OnChunk) {
    this.#onChunk = onChunk
  }

  read(payload: string): boolean {
    if (payload === '[DONE]') return true
    const event = parseJson(payload)
    if (!isObject(event)) {
      this.#outcome = malformed(`the stream holds what is no JSON object: ${excerpt(payload)}`)
      return true
    }
    if (event.type === 'error' || isObject(event.error)) {
      this.#outcome = { kind: 'error', error: event }
      return true
    }
    if (isObject(event.response) && endings.has(String(event.type))) {
      const { response } = event
      const usage = readUsage(response.usage)
      this.#outcome = isObject(response.error)
        ? { kind: 'error', error: response, usage }
        : { kind: 'answer', value: response, body: JSON.stringify(response), usage }
    }
    if (this.#outcome?.kind !== 'error') this.#onChunk(payload)
    return this.#outcome !== undefined
  }

  finish(): Reading {
    return this.#outcome ?? malformed('the stream ended before the answer did')
  }
}
