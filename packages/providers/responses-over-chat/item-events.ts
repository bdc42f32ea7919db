import { type JsonObject, objectsOf } from '@longhaul/contracts'
import { textOf } from '../json-value.ts'

/**
 * The events that tell of an item of a response's output which is whole
 * already: it opens, each of its parts is told at once, and it closes. They
 * have no `sequence_number` yet.
 */
export function itemEvents(item: JsonObject, outputIndex: number): JsonObject[] {
  return [opened(item, outputIndex), ...partsOf(item, outputIndex), closed(item, outputIndex)]
}

function partsOf(item: JsonObject, outputIndex: number): JsonObject[] {
  const place = { item_id: item.id, output_index: outputIndex }
  switch (item.type) {
    case 'message':
      return objectsOf(item.content).flatMap((part, index) =>
        contentEvents(part, { ...place, content_index: index }),
      )
    case 'function_call':
      return argumentEvents(item, place)
    case 'reasoning':
      return objectsOf(item.summary).flatMap((part, index) =>
        summaryEvents(part, { ...place, summary_index: index }),
      )
    default:
      return []
  }
}

export function opened(item: JsonObject, outputIndex: number): JsonObject {
  const empty: JsonObject = { ...item }
  if ('status' in item) empty.status = 'in_progress'
  if (Array.isArray(item.content)) empty.content = []
  if (Array.isArray(item.summary)) empty.summary = []
  if (typeof item.arguments === 'string') empty.arguments = ''
  return { type: 'response.output_item.added', output_index: outputIndex, item: empty }
}

export function closed(item: JsonObject, outputIndex: number): JsonObject {
  return { type: 'response.output_item.done', output_index: outputIndex, item }
}

function contentEvents(part: JsonObject, place: JsonObject): JsonObject[] {
  const isRefusal = part.type === 'refusal'
  const text = textOf(isRefusal ? part.refusal : part.text)
  if (text === undefined) {
    return [
      { type: 'response.content_part.added', ...place, part },
      { type: 'response.content_part.done', ...place, part },
    ]
  }
  const delta = isRefusal
    ? { type: 'response.refusal.delta', ...place, delta: text }
    : { type: 'response.output_text.delta', ...place, delta: text, logprobs: [] }
  return [contentOpened(part, place), delta, ...contentClosed(part, place)]
}

export function contentOpened(part: JsonObject, place: JsonObject): JsonObject {
  const empty = part.type === 'refusal' ? { ...part, refusal: '' } : { ...part, text: '' }
  return { type: 'response.content_part.added', ...place, part: empty }
}

export function contentClosed(part: JsonObject, place: JsonObject): JsonObject[] {
  const done =
    part.type === 'refusal'
      ? { type: 'response.refusal.done', ...place, refusal: part.refusal }
      : { type: 'response.output_text.done', ...place, text: part.text, logprobs: [] }
  return [done, { type: 'response.content_part.done', ...place, part }]
}

function argumentEvents(item: JsonObject, place: JsonObject): JsonObject[] {
  return [
    { type: 'response.function_call_arguments.delta', ...place, delta: item.arguments },
    argumentsClosed(item, place),
  ]
}

export function argumentsClosed(item: JsonObject, place: JsonObject): JsonObject {
  const { name, arguments: given } = item
  return { type: 'response.function_call_arguments.done', ...place, name, arguments: given }
}

function summaryEvents(part: JsonObject, place: JsonObject): JsonObject[] {
  return [
    summaryOpened(place),
    { type: 'response.reasoning_summary_text.delta', ...place, delta: part.text },
    ...summaryClosed(part, place),
  ]
}

export function summaryOpened(place: JsonObject): JsonObject {
  const part = { type: 'summary_text', text: '' }
  return { type: 'response.reasoning_summary_part.added', ...place, part }
}

export function summaryClosed(part: JsonObject, place: JsonObject): JsonObject[] {
  return [
    { type: 'response.reasoning_summary_text.done', ...place, text: part.text },
    { type: 'response.reasoning_summary_part.done', ...place, part },
  ]
}
