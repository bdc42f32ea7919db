import { asArray, asNumber, asObject, type JsonObject } from './request.ts'

const deepest = 12

/**
 * A value that satisfies a JSON schema of the kind that structured outputs
 * allow: objects, arrays, enums, unions, bounds, common formats, local `$ref`.
 * Patterns are not honoured.
 */
export function exampleOf(schema: unknown, root: unknown = schema, depth = 0): unknown {
  const node = asObject(schema)
  if (depth > deepest) return null
  if ('const' in node) return node.const
  if (Array.isArray(node.enum)) return node.enum[0]
  if ('default' in node) return node.default
  if (typeof node.$ref === 'string') return exampleOf(resolve(node.$ref, root), root, depth + 1)
  const union = asArray(node.anyOf ?? node.oneOf)
  if (union.length > 0)
    return exampleOf(depth > deepest / 2 ? union.at(-1) : union[0], root, depth + 1)
  if (Array.isArray(node.allOf)) return exampleOf(merge(node), root, depth + 1)
  return exampleOfType(node, root, depth)
}

function exampleOfType(node: JsonObject, root: unknown, depth: number): unknown {
  switch (typeOf(node)) {
    case 'object':
      return exampleObject(node, root, depth)
    case 'array':
      return exampleArray(node, root, depth)
    case 'integer':
      return exampleNumber(node, 1)
    case 'number':
      return exampleNumber(node, 0.5)
    case 'boolean':
      return true
    case 'null':
      return null
    default:
      return exampleString(node)
  }
}

function typeOf(node: JsonObject): unknown {
  if (Array.isArray(node.type)) return node.type.find(type => type !== 'null') ?? 'null'
  if (node.type !== undefined) return node.type
  if (node.properties !== undefined) return 'object'
  return node.items === undefined ? 'string' : 'array'
}

function exampleObject(node: JsonObject, root: unknown, depth: number): JsonObject {
  const properties = asObject(node.properties)
  const required = Array.isArray(node.required) ? node.required : Object.keys(properties)
  const entries = required.map(name => [
    String(name),
    exampleOf(properties[String(name)], root, depth + 1),
  ])
  return Object.fromEntries(entries)
}

function exampleArray(node: JsonObject, root: unknown, depth: number): unknown[] {
  const wanted = asNumber(node.minItems) ?? (depth > deepest / 2 ? 0 : 1)
  const length = Math.min(wanted, asNumber(node.maxItems) ?? wanted)
  return Array.from({ length }, () => exampleOf(node.items ?? {}, root, depth + 1))
}

function exampleNumber(node: JsonObject, preferred: number): number {
  const step = asNumber(node.multipleOf)
  const above = asNumber(node.exclusiveMinimum)
  const below = asNumber(node.exclusiveMaximum)
  const low =
    asNumber(node.minimum) ?? (above === undefined ? undefined : above + (step ?? preferred))
  const high =
    asNumber(node.maximum) ?? (below === undefined ? undefined : below - (step ?? preferred))
  const bounded = Math.min(Math.max(preferred, low ?? preferred), high ?? Number.POSITIVE_INFINITY)
  return step === undefined ? bounded : Math.ceil(bounded / step) * step
}

const formats: Record<string, string> = {
  'date-time': '2025-01-01T00:00:00Z',
  date: '2025-01-01',
  time: '00:00:00Z',
  duration: 'PT1M',
  email: 'someone@example.com',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uri: 'https://example.com/',
  uuid: '00000000-0000-4000-8000-000000000000',
}

function exampleString(node: JsonObject): string {
  const text = formats[String(node.format)] ?? 'example'
  const longest = asNumber(node.maxLength) ?? Number.POSITIVE_INFINITY
  return text.padEnd(asNumber(node.minLength) ?? 0, '.').slice(0, longest)
}

/** Follows a local reference such as `#/$defs/step`. */
function resolve(reference: string, root: unknown): unknown {
  const names = reference.split('/').slice(1)
  return names.reduce<unknown>(
    (node, name) => asObject(node)[name.replaceAll('~1', '/').replaceAll('~0', '~')],
    root,
  )
}

function merge(node: JsonObject): JsonObject {
  const { allOf, ...own } = node
  const parts = [...asArray(allOf).map(asObject), own]
  return {
    ...Object.assign({}, ...parts),
    properties: Object.assign({}, ...parts.map(part => asObject(part.properties))),
    required: parts.flatMap(part => asArray(part.required)),
  }
}
