import { isObject, type JsonObject, objectOf } from '@longhaul/contracts'
import { arrayOf } from '../json-value.ts'

/** Constraints that structured outputs refuse. */
const unsupported = new Set([
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
])

/** Keywords that hold schemas by name, one schema, or a list of them. */
const maps = new Set(['properties', '$defs', 'definitions'])
const singles = new Set(['items', 'additionalItems', 'not'])
const lists = new Set(['anyOf', 'allOf', 'oneOf', 'prefixItems'])

/**
 * A JSON schema as `output_config.format` takes it: objects are closed, and
 * constraints that it refuses are left out. The answer is judged by the
 * caller's own schema afterwards, so nothing is taken for met that is not.
 */
export function outputSchema(schema: JsonObject): JsonObject {
  const result: JsonObject = {}
  for (const [keyword, value] of Object.entries(schema)) {
    if (unsupported.has(keyword)) continue
    // Lists may be required to be empty or not, nothing finer.
    if (keyword === 'minItems' && typeof value === 'number' && value > 1) result.minItems = 1
    else result[keyword] = translateKeyword(keyword, value)
  }
  if (isObjectSchema(schema) && schema.additionalProperties === undefined) {
    result.additionalProperties = false
  }
  return result
}

function isObjectSchema(schema: JsonObject): boolean {
  return schema.type === 'object' || (schema.type === undefined && isObject(schema.properties))
}

function translateKeyword(keyword: string, value: unknown): unknown {
  if (maps.has(keyword)) {
    const named = Object.entries(objectOf(value))
    return Object.fromEntries(named.map(([name, schema]) => [name, subschema(schema)]))
  }
  if (singles.has(keyword)) return subschema(value)
  if (lists.has(keyword)) return arrayOf(value).map(subschema)
  return value
}

function subschema(value: unknown): unknown {
  return isObject(value) ? outputSchema(value) : value
}
