import { type JsonObject, objectOf, objectsOf } from '@longhaul/contracts'
import { parseJson, textOf } from '../json-value.ts'
import type { OnChunk } from '../port.ts'
import {
  argumentsClosed,
  closed,
  contentClosed,
  contentOpened,
  opened,
  summaryClosed,
  summaryOpened,
} from './item-events.ts'
import { callItem, messageItem, reasoningItem, textPart } from './response.ts'

/** The item that is being written; `close` gives the events that end it. */
interface OpenItem {
  key: string
  append(delta: string): void
  close(): void
}

/**
 * Tells chunks of a chat completion as events of a response: of its output
 * only, since what the response itself is, whoever keeps it tells. One item is
 * open at a time.
 */
export class EventWriter {
  readonly #tell: OnChunk
  #id = ''
  #items = 0
  #open: OpenItem | undefined

  constructor(tell: OnChunk) {
    this.#tell = tell
  }

  chunk(payload: string): void {
    const chunk = objectOf(parseJson(payload))
    if (this.#id === '') this.#id = String(chunk.id)
    const [choice = {}] = objectsOf(chunk.choices)
    const delta = objectOf(choice.delta)
    const reasoning = textOf(delta.reasoning_content) ?? textOf(delta.reasoning)
    if (reasoning) this.#item('reasoning', () => this.#reasoning()).append(reasoning)
    const content = textOf(delta.content)
    if (content) this.#item('text', () => this.#words('output_text')).append(content)
    const refusal = textOf(delta.refusal)
    if (refusal) this.#item('refusal', () => this.#words('refusal')).append(refusal)
    for (const call of objectsOf(delta.tool_calls)) this.#call(call)
  }

  /** The completion is whole. */
  finish(): void {
    this.#open?.close()
    this.#open = undefined
  }

  #item(key: string, open: () => Omit<OpenItem, 'key'>): OpenItem {
    if (this.#open?.key === key) return this.#open
    this.#open?.close()
    const item = { key, ...open() }
    this.#open = item
    return item
  }

  #call({ index, id, function: called }: JsonObject): void {
    const place = typeof index === 'number' ? index : 0
    const { name, arguments: given } = objectOf(called)
    const item = this.#item(`call ${place}`, () => this.#arguments(place, id, name))
    const text = textOf(given)
    if (text) item.append(text)
  }

  #words(type: 'output_text' | 'refusal'): Omit<OpenItem, 'key'> {
    const isRefusal = type === 'refusal'
    const part = (text: string) => (isRefusal ? { type, refusal: text } : textPart(text))
    const item = (parts: JsonObject[]) => messageItem(this.#id, 'completed', parts)
    const index = this.#begin(item([]))
    const place = { item_id: item([]).id, output_index: index, content_index: 0 }
    this.#event(contentOpened(part(''), place))
    let text = ''
    return {
      append: delta => {
        text += delta
        this.#event({
          type: isRefusal ? 'response.refusal.delta' : 'response.output_text.delta',
          ...place,
          delta,
          ...(!isRefusal && { logprobs: [] }),
        })
      },
      close: () => {
        for (const event of contentClosed(part(text), place)) this.#event(event)
        this.#event(closed(item([part(text)]), index))
      },
    }
  }

  #reasoning(): Omit<OpenItem, 'key'> {
    const item = (text: string) => reasoningItem(this.#id, text)
    const index = this.#begin(item(''))
    const place = { item_id: item('').id, output_index: index, summary_index: 0 }
    this.#event(summaryOpened(place))
    let text = ''
    return {
      append: delta => {
        text += delta
        this.#event({ type: 'response.reasoning_summary_text.delta', ...place, delta })
      },
      close: () => {
        for (const event of summaryClosed({ type: 'summary_text', text }, place)) this.#event(event)
        this.#event(closed(item(text), index))
      },
    }
  }

  #arguments(call: number, id: unknown, name: unknown): Omit<OpenItem, 'key'> {
    const item = (given: string) =>
      callItem(this.#id, call, 'completed', { call_id: id, name, arguments: given })
    const index = this.#begin(item(''))
    const place = { item_id: item('').id, output_index: index }
    let text = ''
    return {
      append: delta => {
        text += delta
        this.#event({ type: 'response.function_call_arguments.delta', ...place, delta })
      },
      close: () => {
        this.#event(argumentsClosed(item(text), place))
        this.#event(closed(item(text), index))
      },
    }
  }

  #begin(item: JsonObject): number {
    const index = this.#items
    this.#items += 1
    this.#event(opened(item, index))
    return index
  }

  #event(event: JsonObject): void {
    this.#tell(JSON.stringify(event))
  }
}
