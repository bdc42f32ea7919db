import type { oas31 } from 'zod-openapi'

/**
 * Path and query of an operation with the examples of its parameters filled in;
 * parameters without one are left out.
 * @param values in the place of the document's examples, by name
 */
export function exampleTarget(
  path: string,
  operation: oas31.OperationObject,
  values: Record<string, string> = {},
): string {
  const examples = new Map<string, { place: string; value: string }>()
  for (const parameter of operation.parameters ?? []) {
    if (!('name' in parameter)) continue
    const [example] = (parameter.schema as oas31.SchemaObject | undefined)?.examples ?? []
    const value = values[parameter.name] ?? example
    if (value !== undefined) {
      examples.set(parameter.name, { place: parameter.in, value: String(value) })
    }
  }
  const filled = path.replaceAll(
    /\{(\w+)\}/g,
    (whole, name: string) => examples.get(name)?.value ?? whole,
  )
  const query = [...examples]
    .filter(([, { place }]) => place === 'query')
    .map(([name, { value }]) => `${name}=${value}`)
  return query.length > 0 ? `${filled}?${query.join('&')}` : filled
}
