export const namePattern = /^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,127}$/
export const nameRule =
  'must be letters, digits and . _ : / @ + - only, at most 128, starting with a letter or digit'

/** A name that cannot be used, that nothing defines, or that two define. */
export interface NamingIssue {
  code: 'custom'
  path: PropertyKey[]
  input: string
  message: string
  /** What to do; or the names that exist, for a reader to suggest the nearest. */
  params: { remedy: string } | { known: string[] }
}

/**
 * The names of a configuration, as it is written. Where its shape is at fault
 * it is passed over, so that a reader can report these beside the faults of
 * the shape.
 */
export function namingIssues(config: unknown): NamingIssue[] {
  const { models, policies, default_policy: defaultPolicy } = entriesOf(config)
  const modelNames = Object.keys(entriesOf(models))
  const policyNames = Object.keys(entriesOf(policies))
  const issues: NamingIssue[] = []
  for (const path of definitions(config)) {
    const name = path.at(-1) ?? ''
    if (!namePattern.test(name)) issues.push(badName(path, name))
  }
  if (modelNames.includes('auto')) issues.push(reservedName())
  for (const [name, policy] of Object.entries(entriesOf(policies))) {
    for (const { path, model } of modelsUsedBy(entriesOf(policy))) {
      if (modelNames.includes(model)) continue
      issues.push(unknownName(['policies', name, ...path], model, 'model', modelNames))
    }
    issues.push(...embeddingsIssues(name, policy, entriesOf(models)))
    if (modelNames.includes(name)) issues.push(sharedName(name))
  }
  const known = [...new Set(['auto', ...policyNames])]
  if (typeof defaultPolicy === 'string' && !known.includes(defaultPolicy)) {
    issues.push(unknownName(['default_policy'], defaultPolicy, 'policy', known))
  }
  return issues
}

function* definitions(config: unknown): Generator<string[]> {
  const { models, policies } = entriesOf(config)
  for (const [name, model] of Object.entries(entriesOf(models))) {
    yield ['models', name]
    for (const deployment of Object.keys(entriesOf(entriesOf(model).deployments))) {
      yield ['models', name, 'deployments', deployment]
    }
  }
  for (const [name, policy] of Object.entries(entriesOf(policies))) {
    yield ['policies', name]
    for (const route of Object.keys(routesOf(policy))) {
      yield ['policies', name, 'semantic', 'routes', route]
    }
  }
}

function badName(path: string[], name: string): NamingIssue {
  return {
    code: 'custom',
    path,
    input: name,
    message: `is not a name: it ${nameRule}`,
    params: { remedy: 'rename it' },
  }
}

function unknownName(
  path: PropertyKey[],
  input: string,
  kind: 'model' | 'policy',
  known: string[],
): NamingIssue {
  return {
    code: 'custom',
    path,
    input,
    message: `names no ${kind} of this configuration`,
    params: known.length > 0 ? { known } : { remedy: `define a ${kind} of this name` },
  }
}

/** A model that embeds must be there, and serve embeddings. */
function embeddingsIssues(
  name: string,
  policy: unknown,
  models: Record<string, unknown>,
): NamingIssue[] {
  const { embeddings } = entriesOf(entriesOf(policy).semantic)
  if (typeof embeddings !== 'string') return []
  const path = ['policies', name, 'semantic', 'embeddings']
  if (!Object.hasOwn(models, embeddings)) {
    return [unknownName(path, embeddings, 'model', Object.keys(models))]
  }
  if (listOf(entriesOf(models[embeddings]).endpoints).includes('/v1/embeddings')) return []
  return [
    {
      code: 'custom',
      path,
      input: embeddings,
      message: 'names a model that does not serve /v1/embeddings',
      params: { remedy: 'name another, or add /v1/embeddings to its endpoints' },
    },
  ]
}

function reservedName(): NamingIssue {
  return {
    code: 'custom',
    path: ['models', 'auto'],
    input: 'auto',
    message: 'cannot be asked for: `auto` means default_policy',
    params: { remedy: 'rename the model' },
  }
}

function sharedName(name: string): NamingIssue {
  return {
    code: 'custom',
    path: ['policies', name],
    input: name,
    message: 'has the name of a model: callers could not tell them apart',
    params: { remedy: 'rename the policy' },
  }
}

function* modelsUsedBy(policy: Record<string, unknown>) {
  for (const [index, model] of listOf(policy.models).entries()) {
    if (typeof model === 'string') yield { path: ['models', index], model }
  }
  yield* modelsIn(entriesOf(policy.target_share).models, ['target_share', 'models'])
  for (const [index, rule] of listOf(policy.rules).entries()) {
    yield* modelsIn(entriesOf(rule).use, ['rules', index, 'use'])
  }
  for (const [name, route] of Object.entries(routesOf(policy))) {
    yield* modelsIn(entriesOf(route).use, ['semantic', 'routes', name, 'use'])
  }
}

/** One name, or a list of names. */
function* modelsIn(use: unknown, path: PropertyKey[]) {
  if (typeof use === 'string') yield { path, model: use }
  for (const [position, model] of listOf(use).entries()) {
    if (typeof model === 'string') yield { path: [...path, position], model }
  }
}

function routesOf(policy: unknown): Record<string, unknown> {
  return entriesOf(entriesOf(entriesOf(policy).semantic).routes)
}

function entriesOf(value: unknown): Record<string, unknown> {
  const isMapping = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isMapping ? (value as Record<string, unknown>) : {}
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}
