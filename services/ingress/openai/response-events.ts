import { type JsonObject, objectOf, objectsOf } from '@longhaul/contracts'
import { itemEvents } from '@longhaul/providers'
import type { PartsReceiver } from './stream-parts.ts'

export interface ResponseEvent {
  type: string
  json: string
}

/** An item whose end is not told yet. */
interface OpenItem {
  index: number
  /** What was told of it so far, as one text. */
  text: string
  /** Where its deltas stand. */
  place: JsonObject | undefined
}

/** The model's own words about the response as a whole; ours stand in their place. */
const aboutTheWhole = new Set([
  'response.created',
  'response.queued',
  'response.in_progress',
  'response.completed',
  'response.incomplete',
  'response.failed',
])

const endings: Record<string, string> = {
  completed: 'response.completed',
  incomplete: 'response.incomplete',
}

/**
 * The events of one response, numbered from 0: *begun*, then in progress, then
 * whatever the model tells of its output, then the end, with what was not heard
 * of the output before it. What a call tells before its first word is held
 * back, so that a call that fails then can be repeated unseen.
 */
export class ResponseEvents implements PartsReceiver {
  readonly #events: ResponseEvent[] = []
  readonly #listeners = new Set<() => void>()
  #response: JsonObject = {}
  #held: JsonObject[] = []
  #isInProgress = false
  #told = false
  #ended = false
  #interrupted = false
  #done = 0
  #open: OpenItem | undefined

  get all(): readonly ResponseEvent[] {
    return this.#events
  }

  get ended(): boolean {
    return this.#ended
  }

  /** It ended without the response's own end. */
  get interrupted(): boolean {
    return this.#interrupted
  }

  /** Calls `listener` when there are new events; returns the way to end it. */
  onEvents(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  begin(response: JsonObject): void {
    this.#response = response
    this.#push({ type: 'response.created', response })
    if (response.background === true) this.#push({ type: 'response.queued', response })
  }

  inProgress(): void {
    if (this.#isInProgress || this.#ended) return
    this.#isInProgress = true
    const response = { ...this.#response, status: 'in_progress' }
    this.#push({ type: 'response.in_progress', response })
  }

  chunk(payload: string): void {
    const event = objectOf(JSON.parse(payload))
    const type = String(event.type)
    if (this.#ended || aboutTheWhole.has(type)) return
    this.inProgress()
    this.#note(type, event)
    this.#held.push(event)
    if (this.#told || /\.(delta|done)$/.test(type)) this.#flush()
  }

  restarted(): boolean {
    if (this.#told) {
      const remedy =
        this.#response.background === true
          ? 'It is asked again: retrieve the response when it has ended.'
          : 'Ask again.'
      this.fail('stream_interrupted', `The model failed in the middle of its answer. ${remedy}`)
      return false
    }
    this.#held = []
    this.#open = undefined
    this.#done = 0
    return true
  }

  /** @param response as it ended */
  finish(response: JsonObject): void {
    if (this.#ended) return
    this.inProgress()
    const type = endings[String(response.status)]
    if (type === undefined) {
      this.#end({ type: 'response.failed', response })
      return
    }
    const missing = this.#missing(objectsOf(response.output))
    if (!missing) {
      this.fail('stream_interrupted', 'Some of the answer was lost on its way: get the response.')
      return
    }
    this.#held = missing
    this.#flush()
    this.#end({ type, response })
  }

  /** Nothing more can be told; the response itself may go on. */
  fail(code: string, message: string): void {
    if (this.#ended) return
    this.#interrupted = true
    this.#end({ type: 'error', code, message, param: null })
  }

  #note(type: string, event: JsonObject): void {
    const index = Number(event.output_index)
    if (type === 'response.output_item.added') {
      this.#open = { index, text: '', place: undefined }
    } else if (type === 'response.output_item.done') {
      this.#done = index + 1
      this.#open = undefined
    } else if (this.#open && type.endsWith('.delta') && typeof event.delta === 'string') {
      const { delta, sequence_number: _, ...place } = event
      this.#open.text += delta
      this.#open.place = place
    }
  }

  /** What of the whole output was not told; undefined when it does not fit what was. */
  #missing(output: JsonObject[]): JsonObject[] | undefined {
    if (!this.#told) return output.flatMap(itemEvents)
    const events: JsonObject[] = []
    let from = this.#done
    if (this.#open) {
      const rest = restOf(this.#open, output[this.#open.index])
      if (!rest) return undefined
      events.push(...rest)
      from = this.#open.index + 1
    }
    for (const [index, item] of output.entries()) {
      if (index >= from) events.push(...itemEvents(item, index))
    }
    return events
  }

  #flush(): void {
    if (this.#held.length > 0) this.#told = true
    for (const event of this.#held.splice(0)) this.#push(event)
  }

  #end(event: JsonObject): void {
    this.#ended = true
    this.#push(event)
    this.#listeners.clear()
  }

  #push(event: JsonObject): void {
    const numbered = { ...event, sequence_number: this.#events.length }
    this.#events.push({ type: String(event.type), json: JSON.stringify(numbered) })
    for (const listener of this.#listeners) listener()
  }
}

/** What completes an item that was told in part: the rest of its one text, and its end. */
function restOf({ index, text, place }: OpenItem, item: JsonObject | undefined) {
  if (!item) return undefined
  const whole = itemEvents(item, index).slice(1)
  const deltas = whole.filter(({ type }) => String(type).endsWith('.delta'))
  if (!place) return text === '' ? whole : undefined
  const [delta] = deltas
  const told = typeof delta?.delta === 'string' ? delta.delta : ''
  if (deltas.length !== 1 || !told.startsWith(text)) return undefined
  const rest = { ...place, delta: told.slice(text.length) }
  return [rest, ...whole.slice(whole.indexOf(delta ?? {}) + 1)]
}
