import { configSchema } from '@longhaul/contracts'
import { z } from 'zod'

/** The part of JSON Schema that the configuration's has. */
export interface JsonSchema {
  type?: string
  description?: string
  examples?: unknown[]
  enum?: unknown[]
  properties?: Record<string, JsonSchema>
  required?: string[]
  additionalProperties?: JsonSchema | boolean
  propertyNames?: JsonSchema
  items?: JsonSchema
  anyOf?: JsonSchema[]
  minimum?: number
  maximum?: number
  exclusiveMinimum?: number
  exclusiveMaximum?: number
  [keyword: string]: unknown
}

/** JSON Schema (2020-12) of `longhaul.yaml`, for editors. */
export function configJsonSchema(): JsonSchema {
  const { $schema, ...schema } = z.toJSONSchema(configSchema, { io: 'input' })
  return {
    $schema,
    title: 'Configuration of Longhaul',
    ...(schema as JsonSchema),
  }
}

/** What the schema says of each path: the words of remedies. */
export class SchemaGuide {
  readonly #root: JsonSchema

  constructor(root: JsonSchema = configJsonSchema()) {
    this.#root = root
  }

  at(path: readonly PropertyKey[]): JsonSchema | undefined {
    let node: JsonSchema | undefined = this.#root
    for (const segment of path) node = node && childOf(node, segment)
    return node
  }

  /** The keys that may stand below the path; none where any name may. */
  keysAt(path: readonly PropertyKey[]): string[] {
    const { properties, propertyNames } = this.at(path) ?? {}
    return Object.keys(properties ?? {}).concat((propertyNames?.enum ?? []).map(String))
  }

  /** Where else a key of this name may stand: `models.<name>.deployments.<name>`. */
  parentsOf(key: string): string[] {
    const parents: string[] = []
    collectParents(this.#root, key, '', parents)
    return parents
  }
}

function childOf(node: JsonSchema, segment: PropertyKey): JsonSchema | undefined {
  const own = node.properties?.[String(segment)]
  if (own) return own
  if (typeof segment === 'number' && node.items) return node.items
  if (typeof node.additionalProperties === 'object') return node.additionalProperties
  for (const branch of node.anyOf ?? []) {
    const found = childOf(branch, segment)
    if (found) return found
  }
  return undefined
}

function collectParents(node: JsonSchema, key: string, path: string, found: string[]): void {
  if (node.properties && Object.hasOwn(node.properties, key)) found.push(path)
  for (const [name, child] of Object.entries(node.properties ?? {})) {
    collectParents(child, key, path === '' ? name : `${path}.${name}`, found)
  }
  if (typeof node.additionalProperties === 'object') {
    collectParents(node.additionalProperties, key, `${path}.<name>`, found)
  }
  if (node.items) collectParents(node.items, key, `${path}[]`, found)
}
