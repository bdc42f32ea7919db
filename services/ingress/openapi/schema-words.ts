import type { oas31 } from 'zod-openapi'

export type Schema = oas31.SchemaObject | oas31.ReferenceObject

/** A field of a schema as a row of a table. */
export interface Field {
  /** `webhook.url`; elements of arrays as `data[].id`. */
  path: string
  type: TypeWords
  isRequired: boolean
  description: string
}

/** What a value may be, in words; a component is named, to be linked. */
export type TypeWords = Array<{ text: string } | { component: string }>

/** The fields of an object, and of the objects within it that have no name of their own. */
export function fieldsOf(schema: Schema, prefix = ''): Field[] {
  if ('$ref' in schema) return []
  const required = new Set(schema.required ?? [])
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const path = prefix + name
    const field = {
      path,
      type: typeWords(property),
      isRequired: required.has(name),
      description: descriptionOf(property),
    }
    return [field, ...innerFields(property, path)]
  })
}

export function typeWords(schema: Schema): TypeWords {
  if ('$ref' in schema) return [{ component: componentOf(schema.$ref) }]
  const alternatives = schema.anyOf ?? schema.oneOf
  if (alternatives) {
    return alternatives.flatMap((alternative, index) => [
      ...(index > 0 ? [{ text: ' or ' }] : []),
      ...typeWords(alternative),
    ])
  }
  if (schema.const !== undefined) return [{ text: JSON.stringify(schema.const) }]
  if (schema.enum) return [{ text: schema.enum.map(value => JSON.stringify(value)).join(' | ') }]
  if (schema.type === 'array' && schema.items) {
    return [{ text: 'array of ' }, ...typeWords(schema.items)]
  }
  const types = [schema.type ?? 'anything'].flat().join(' or ')
  return [{ text: types + boundsOf(schema) }]
}

function boundsOf(schema: oas31.SchemaObject): string {
  const least = schema.minimum ?? schema.minLength ?? schema.minItems
  const most = schema.maximum ?? schema.maxLength ?? schema.maxItems
  const unit = schema.type === 'string' ? ' characters' : ''
  if (least !== undefined && most !== undefined) return `, ${least} to ${most}${unit}`
  if (most !== undefined) return `, at most ${most}${unit}`
  return least !== undefined && least !== 0 ? `, at least ${least}${unit}` : ''
}

function descriptionOf(schema: Schema): string {
  if ('$ref' in schema) return schema.description ?? ''
  const standard = schema.default === undefined ? '' : `Default: \`${String(schema.default)}\`.`
  return [schema.description ?? '', standard].filter(Boolean).join('. ')
}

function innerFields(schema: Schema, path: string): Field[] {
  if ('$ref' in schema) return []
  if (schema.properties) return fieldsOf(schema, `${path}.`)
  const { items } = schema
  return items && !('$ref' in items) && items.properties ? fieldsOf(items, `${path}[].`) : []
}

function componentOf(reference: string): string {
  return reference.slice(reference.lastIndexOf('/') + 1)
}
