import { isObject, type JsonObject } from '@longhaul/contracts'

/** Fields that name something: the first value stays, and repetitions are not appended to it. */
const identities = new Set(['role', 'id', 'type', 'name', 'index', 'format'])

/**
 * Adds one delta to what came before it: texts are appended, lists grow,
 * objects are merged field by field, numbers and booleans are replaced. A null
 * says nothing. Entries of a list that carry an `index`, or the `id` of an
 * earlier entry, are deltas of that entry.
 */
export function mergeDelta(target: JsonObject, delta: JsonObject): void {
  for (const [name, value] of Object.entries(delta)) {
    const before = target[name]
    if (value === null || value === undefined) {
      if (!(name in target)) target[name] = null
    } else if (before === null || before === undefined) {
      target[name] = fresh(value)
    } else if (typeof value === 'string' && typeof before === 'string') {
      if (!identities.has(name)) target[name] = before + value
      else if (before === '') target[name] = value
    } else if (Array.isArray(value) && Array.isArray(before)) {
      mergeList(before, value)
    } else if (isObject(value) && isObject(before)) {
      mergeDelta(before, value)
    } else if (typeof value === 'string' && Array.isArray(before)) {
      appendText(before, value)
    } else if (Array.isArray(value) && typeof before === 'string') {
      target[name] = before === '' ? fresh(value) : [{ type: 'text', text: before }, ...value]
    } else {
      target[name] = value
    }
  }
}

/** Mistral streams content as parts first (its thinking), and as plain text then. */
function appendText(parts: unknown[], text: string): void {
  const last = parts.at(-1)
  if (isObject(last) && last.type === 'text') last.text = `${last.text ?? ''}${text}`
  else if (text !== '') parts.push({ type: 'text', text })
}

/** A copy that later deltas may change; a list's own entries may already be deltas of one another. */
function fresh(value: unknown): unknown {
  if (Array.isArray(value)) {
    const list: unknown[] = []
    mergeList(list, value)
    return list
  }
  if (!isObject(value)) return value
  const copy: JsonObject = {}
  mergeDelta(copy, value)
  return copy
}

function mergeList(before: unknown[], added: unknown[]): void {
  for (const entry of added) {
    const earlier = isObject(entry) ? findEntry(before, entry) : undefined
    if (earlier && isObject(entry)) mergeDelta(earlier, entry)
    else before.push(fresh(entry))
  }
}

function findEntry(list: unknown[], delta: JsonObject): JsonObject | undefined {
  const { index, id } = delta
  if (typeof index === 'number') return list.find(isEntry(entry => entry.index === index))
  if (typeof id === 'string' && id !== '') return list.find(isEntry(entry => entry.id === id))
  return undefined
}

function isEntry(matches: (entry: JsonObject) => boolean): (entry: unknown) => entry is JsonObject {
  return (entry): entry is JsonObject => isObject(entry) && matches(entry)
}
