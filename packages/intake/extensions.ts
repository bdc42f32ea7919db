import {
  arrayOf,
  type Endpoint,
  type JobOptions,
  LonghaulError,
  type RoutingConstraints,
} from '@longhaul/contracts'
import { nearMiss } from '@longhaul/runtime'
import { z } from 'zod'
import { join, REQUEST_BODY } from './place.ts'
import {
  constrainDeployments,
  type ExtensionDependencies,
  modelsInOrder,
  providerSchema,
  type Sort,
} from './provider-preferences.ts'
import { check } from './validation.ts'

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

type Body = Record<string, unknown>

interface Extended {
  body: Body
  options: JobOptions | null
}

interface Choice {
  names: string[]
  isList: boolean
  sort: Sort | undefined
  acrossModels: boolean
}

/** Reads OpenRouter's extensions of a body into what routing knows. */
export class ExtensionReader {
  readonly #dependencies: ExtensionDependencies

  constructor(dependencies: ExtensionDependencies) {
    this.#dependencies = dependencies
  }

  /**
   * @param path where the body stands in what the caller sent
   * @returns the body without the extensions, and what they ask for
   * @throws {LonghaulError} for what cannot be honoured, naming the field
   */
  read(endpoint: Endpoint, value: unknown, path: string): Extended {
    // Tens of thousands of lines are read at a time, and few of them extend anything.
    if (this.#isPlain(value)) return { body: value, options: null }
    const extended = check(extensionsSchema, value, { ...REQUEST_BODY, path })
    const body = without(value as Body)
    const choice = this.#chosen(extended, path)
    const { names, isList, sort } = choice
    const [first] = names
    // A list is chosen from, so none of its models is pinned.
    if (first !== undefined) body.model = isList ? 'auto' : first
    const constraints: RoutingConstraints = {
      ...(isList && { models: this.#ordered(choice) }),
      ...(sort && !isList && { strategy: strategies[sort] }),
      ...constrainDeployments(this.#dependencies, {
        endpoint,
        body,
        path,
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

  #isPlain(value: unknown): value is Body {
    if (typeof value !== 'object' || value === null) return false
    if (ours.some(name => Object.hasOwn(value, name))) return false
    const { model } = value as Body
    return typeof model !== 'string' || this.#name(model).name === model
  }

  #chosen({ model, models, provider }: z.infer<typeof extensionsSchema>, path: string): Choice {
    const named = model === undefined ? [] : [this.#name(model)]
    const listed = (models ?? []).map(name => this.#name(name))
    const names = [...new Set([...named, ...listed].map(({ name }) => name))]
    if (listed.length > 0) this.#assertModels(names, named.length, path)
    const wanted = typeof provider?.sort === 'string' ? { by: provider.sort } : provider?.sort
    const sorts = [...named, ...listed].map(each => each.sort)
    return {
      names,
      isList: listed.length > 0 && names.length > 1,
      sort: oneSort(sorts, wanted?.by, join(path, ['provider', 'sort'])),
      acrossModels: wanted?.partition === 'none',
    }
  }

  /** A list keeps its order, unless all deployments are to be sorted whichever model they are of. */
  #ordered({ names, sort, acrossModels }: Choice): string[] {
    return sort && acrossModels ? modelsInOrder(this.#dependencies, names, sort) : names
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
  #assertModels(names: string[], named: number, path: string): void {
    const { models } = this.#dependencies.config
    for (const [index, name] of names.entries()) {
      if (Object.hasOwn(models, name)) continue
      const param = join(path, index < named ? ['model'] : ['models', index - named])
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

function without(value: Body): Body {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !ours.includes(name)))
}

function oneSort(bySuffix: Array<Sort | undefined>, named: Sort | undefined, param: string) {
  const sorts = new Set([...bySuffix, named].filter(sort => sort !== undefined))
  if (sorts.size <= 1) return [...sorts][0]
  throw new LonghaulError(
    'invalid_value',
    `\`${param}\` and the suffixes of models want different orders: ${[...sorts].join(', ')}. Give one.`,
    { param },
  )
}

const sorts = { cheapest: 'price', fastest: 'throughput' } as const

/**
 * A body that was read, and what was asked for beside it, in OpenRouter's words
 * again: read anew it comes to the same.
 * @param bodyText JSON text of an object
 */
export function asSent(bodyText: string, constraints: RoutingConstraints | undefined): string {
  const { models, strategy, deployments, order } = constraints ?? {}
  const provider = {
    ...(strategy && { sort: sorts[strategy] }),
    ...(deployments && { only: deployments }),
    ...(order && { order }),
  }
  if (!models && Object.keys(provider).length === 0) return bodyText
  const { model, ...body } = JSON.parse(bodyText) as Body
  return JSON.stringify({
    ...(models ? { models } : { model }),
    ...body,
    ...(Object.keys(provider).length > 0 && { provider }),
  })
}
