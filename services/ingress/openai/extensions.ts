import {
  arrayOf,
  type Endpoint,
  type JobOptions,
  LonghaulError,
  type RoutingConstraints,
} from '@longhaul/contracts'
import { check } from '@longhaul/intake'
import { nearMiss } from '@longhaul/runtime'
import { z } from 'zod'
import type { JsonObject } from './json-object.ts'
import {
  constrainDeployments,
  type ExtensionDependencies,
  providerSchema,
  type Sort,
} from './provider-preferences.ts'

/** What OpenRouter adds to OpenAI's bodies. What cannot be honoured is refused, never passed over. */
const extensionsSchema = z.looseObject({
  model: z.string().optional(),
  models: arrayOf(z.string().min(1).max(256), { min: 1, max: 10 }).nullish(),
  provider: providerSchema.nullish(),
  usage: z.strictObject({ include: z.boolean() }).nullish(),
  route: z.literal('fallback', 'must be "fallback": it is how `models` are taken').nullish(),
  transforms: arrayOf(z.string(), {
    max: 0,
    tooMany: 'must be empty: prompts are not changed',
  }).nullish(),
  plugins: z.array(z.unknown()).max(0, 'must be empty: there are no plugins').nullish(),
  preset: z.null('must be left out: policies of the configuration are what there is').optional(),
})

const ours = ['models', 'provider', 'usage', 'route', 'transforms', 'plugins', 'preset']

const suffixes: Record<string, Sort> = { floor: 'price', nitro: 'throughput' }
const SUFFIXED = /^(.+):(floor|nitro)$/

/** The strategy that sorts models so. Times are of whole answers, which is what a queue sees. */
const strategies = { price: 'cheapest', throughput: 'fastest', latency: 'fastest' } as const

/** Reads OpenRouter's extensions of a body into what routing knows. */
export class ExtensionReader {
  readonly #dependencies: ExtensionDependencies

  constructor(dependencies: ExtensionDependencies) {
    this.#dependencies = dependencies
  }

  /**
   * @returns the body without the extensions, and what they ask for
   * @throws {LonghaulError} for what cannot be honoured, naming the field
   */
  read(endpoint: Endpoint, value: JsonObject): { body: JsonObject; options: JobOptions | null } {
    const extended = check(extensionsSchema, value)
    const body = Object.fromEntries(Object.entries(value).filter(([name]) => !ours.includes(name)))
    const named = extended.model === undefined ? [] : [this.#name(extended.model)]
    const listed = (extended.models ?? []).map(name => this.#name(name))
    const names = [...new Set([...named, ...listed].map(({ name }) => name))]
    const isList = listed.length > 0 && names.length > 1
    if (listed.length > 0) this.#assertModels(names, named.length)
    const sort = oneSort(
      [...named, ...listed].map(each => each.sort),
      extended.provider?.sort,
    )
    const [first] = names
    // A list is chosen from, so none of its models is pinned.
    if (first !== undefined) body.model = isList ? 'auto' : first
    const constraints: RoutingConstraints = {
      ...(isList && { models: names }),
      ...(sort && !isList && { strategy: strategies[sort] }),
      ...constrainDeployments(this.#dependencies, {
        endpoint,
        body,
        models: this.#scope(names),
        preferences: { ...extended.provider, sort },
      }),
    }
    const options: JobOptions = {
      ...(Object.keys(constraints).length > 0 && { constraints }),
      ...(extended.usage?.include === true && { includeCost: true }),
    }
    return { body, options: Object.keys(options).length > 0 ? options : null }
  }

  /** What the configuration has under the name as it stands comes before what OpenRouter means by it. */
  #name(text: string): { name: string; sort?: Sort | undefined } {
    if (this.#knows(text)) return { name: text }
    if (text === 'openrouter/auto') return { name: 'auto' }
    const [, base = '', suffix = ''] = SUFFIXED.exec(text) ?? []
    const { name } = base === 'openrouter/auto' ? { name: 'auto' } : { name: base }
    return this.#knows(name) ? { name, sort: suffixes[suffix] } : { name: text }
  }

  #knows(name: string): boolean {
    const { models, policies } = this.#dependencies.config
    return name === 'auto' || Object.hasOwn(models, name) || Object.hasOwn(policies, name)
  }

  /** @param named how many of the names stand in `model` */
  #assertModels(names: string[], named: number): void {
    const { models } = this.#dependencies.config
    for (const [index, name] of names.entries()) {
      if (Object.hasOwn(models, name)) continue
      const param = index < named ? 'model' : `models[${index - named}]`
      const near = nearMiss(name, Object.keys(models))
      const hint = near ? ` Did you mean "${near}"?` : ''
      const isChoice = this.#knows(name)
      throw new LonghaulError(
        isChoice ? 'invalid_value' : 'model_not_found',
        isChoice
          ? `\`${param}\` is ${JSON.stringify(name)}, which chooses among models: beside \`models\` only names of models can be given.`
          : `\`${param}\`: the configuration has no model called ${JSON.stringify(name)}.${hint}`,
        { param },
      )
    }
  }

  /** The models that may be chosen, as far as the names tell. */
  #scope(names: string[]): string[] {
    const { models } = this.#dependencies.config
    const known = names.filter(name => Object.hasOwn(models, name))
    return known.length > 0 ? known : Object.keys(models)
  }
}

function oneSort(bySuffix: Array<Sort | undefined>, named: Sort | null | undefined) {
  const sorts = new Set([...bySuffix, named ?? undefined].filter(sort => sort !== undefined))
  if (sorts.size <= 1) return [...sorts][0]
  throw new LonghaulError(
    'invalid_value',
    `\`provider.sort\` and the suffixes of models want different orders: ${[...sorts].join(', ')}. Give one.`,
    { param: 'provider.sort' },
  )
}
