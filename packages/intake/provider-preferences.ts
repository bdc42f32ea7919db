import {
  arrayOf,
  type Config,
  type Deployment,
  deploymentKey,
  type Endpoint,
  LonghaulError,
  type Model,
  type Price,
  type RoutingConstraints,
} from '@longhaul/contracts'
import { ignoredFields } from '@longhaul/providers'
import { nearMiss } from '@longhaul/runtime'
import { z } from 'zod'
import { join } from './place.ts'
import { describeValue } from './validation.ts'

export interface ExtensionDependencies {
  config: Config
  /** What is known of deployments by now, by their keys. */
  live: { of(deployment: string): { latencyMs?: number | undefined } }
}

const sortBy = z.enum(['price', 'throughput', 'latency'])
export type Sort = z.infer<typeof sortBy>

const slugs = arrayOf(z.string().min(1).max(300), { min: 1, max: 1_000 })
/** A number, or one as text. */
const highestPrice = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^\d{1,9}(\.\d+)?$/, 'must be a number')
      .transform(Number),
  ])
  .pipe(z.number().nonnegative())

/** OpenRouter's `provider`: which deployments of a model may be called, and which first. */
export const providerSchema = z.strictObject({
  order: slugs.nullish(),
  only: slugs.nullish(),
  ignore: slugs.nullish(),
  allow_fallbacks: z.boolean().nullish(),
  require_parameters: z.boolean().nullish(),
  sort: z
    .union([sortBy, z.strictObject({ by: sortBy, partition: z.enum(['model', 'none']).nullish() })])
    .nullish(),
  max_price: z
    .strictObject({ prompt: highestPrice.nullish(), completion: highestPrice.nullish() })
    .nullish(),
  data_collection: z
    .literal('allow', 'must be "allow": what providers keep is not known here')
    .nullish(),
  zdr: z.literal(false, 'must be false: what providers keep is not known here').nullish(),
})

export interface Wanted {
  endpoint: Endpoint
  body: Record<string, unknown>
  /** Where the body stands in what the caller sent. */
  path: string
  /** Of the configuration, those that may be chosen. */
  models: readonly string[]
  preferences: Omit<z.infer<typeof providerSchema>, 'sort'> & { sort: Sort | undefined }
}

interface Candidate {
  key: string
  modelName: string
  name: string
  model: Model
  config: Deployment
  price: Price
}

/** The models in the order of the first of their deployments, whichever model those are of. */
export function modelsInOrder(
  { config, live }: ExtensionDependencies,
  models: readonly string[],
  sort: Sort,
): string[] {
  const sorted = sortedBy(sort, candidatesOf(config, models), live)
  return [...new Set(sorted.map(({ modelName }) => modelName))]
}

/**
 * The deployments that a request may be sent to, and which of them first.
 * @throws {LonghaulError} invalid_value, when a name is unknown or none remains
 */
export function constrainDeployments(
  { config, live }: ExtensionDependencies,
  wanted: Wanted,
): Pick<RoutingConstraints, 'deployments' | 'order'> {
  const { preferences, models } = wanted
  const { order, sort } = preferences
  const everywhere = candidatesOf(config, Object.keys(config.models))
  for (const field of ['order', 'only', 'ignore'] as const) {
    assertKnown(preferences[field] ?? [], join(wanted.path, ['provider', field]), everywhere)
  }
  const all = candidatesOf(config, models)
  const sorted = sort ? sortedBy(sort, all, live) : all
  const ordered = order ? order.flatMap(slug => sorted.filter(each => isMeant(each, slug))) : []
  const preferred = [...new Set([...ordered, ...(sort ? sorted : [])])]
  const allowed = limited(
    sorted.filter(each => isAllowed(each, wanted)),
    wanted,
    ordered,
  )
  if (allowed.length === 0) throw noneLeft(wanted)
  return {
    ...(allowed.length < all.length && { deployments: allowed.map(({ key }) => key) }),
    ...(preferred.length > 0 && { order: preferred.map(({ key }) => key) }),
  }
}

function candidatesOf(config: Config, models: readonly string[]): Candidate[] {
  return models.flatMap(name => {
    const model = config.models[name]
    if (!model) return []
    return Object.entries(model.deployments).map(([deployment, settings]) => ({
      key: deploymentKey(name, deployment),
      modelName: name,
      name: deployment,
      model,
      config: settings,
      price: settings.price ?? model.price,
    }))
  })
}

/** By its name in any model, or by its whole key. */
function isMeant({ key, name }: Candidate, slug: string): boolean {
  return slug === name || slug === key
}

function isAllowed(candidate: Candidate, { preferences, body }: Wanted): boolean {
  const { only, ignore, max_price: most, require_parameters: strict } = preferences
  const { price, model, config } = candidate
  if (only && !only.some(slug => isMeant(candidate, slug))) return false
  if (ignore?.some(slug => isMeant(candidate, slug))) return false
  if (price.input > (most?.prompt ?? Infinity)) return false
  if (price.output > (most?.completion ?? Infinity)) return false
  if (!strict) return true
  if (body.logprobs === true && !model.capabilities.includes('logprobs')) return false
  return config.provider !== 'anthropic' || ignoredFields(body).length === 0
}

/** Without fallbacks: those that are named, or else the first of each model. */
function limited(allowed: Candidate[], { preferences }: Wanted, ordered: Candidate[]): Candidate[] {
  if (preferences.allow_fallbacks !== false) return allowed
  if (ordered.length > 0) return allowed.filter(each => ordered.includes(each))
  const firsts = new Map<Model, Candidate>()
  for (const each of allowed) if (!firsts.has(each.model)) firsts.set(each.model, each)
  return [...firsts.values()]
}

function sortedBy(
  sort: Sort,
  candidates: Candidate[],
  live: ExtensionDependencies['live'],
): Candidate[] {
  const measure =
    sort === 'price'
      ? ({ price }: Candidate) => price.input + price.output
      : ({ key }: Candidate) => live.of(key).latencyMs ?? Number.MAX_VALUE
  return candidates.toSorted((a, b) => measure(a) - measure(b))
}

function assertKnown(named: readonly string[], field: string, everywhere: Candidate[]): void {
  for (const [index, slug] of named.entries()) {
    if (everywhere.some(each => isMeant(each, slug))) continue
    const known = [...new Set(everywhere.map(({ name }) => name))]
    const near = nearMiss(slug, known)
    const remedy = near ? `Did you mean "${near}"?` : `There are: ${known.slice(0, 12).join(', ')}.`
    const param = `${field}[${index}]`
    throw new LonghaulError(
      'invalid_value',
      `\`${param}\`: no model has a deployment called ${describeValue(slug)}. ${remedy}`,
      { param },
    )
  }
}

function noneLeft({ models, path }: Wanted): LonghaulError {
  const param = join(path, ['provider'])
  const whose = models.length === 1 ? models[0] : `${models.length} models`
  return new LonghaulError(
    'invalid_value',
    `\`${param}\` leaves none of the deployments of ${whose}: allow more.`,
    { param },
  )
}
