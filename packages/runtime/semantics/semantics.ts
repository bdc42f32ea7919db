import type { Catalog, Semantic } from '@longhaul/contracts'
import {
  type EmbeddedRoute,
  type Nearness,
  nearnessOf,
  type SemanticQuestion,
} from '@longhaul/routing'
import { type Embedded, type EmbedderDependencies, embed } from './embedder.ts'

/** Finds how near a prompt is to the routes of a policy, before the router decides. */
export interface Semantics {
  /** One embedding call, within the `timeout` of the policy; never rejects. */
  nearness(question: SemanticQuestion): Promise<Nearness>
}

type EmbeddedRoutes = { ok: true; routes: EmbeddedRoute[] } | { ok: false; why: string }

interface Entry {
  loading: Promise<EmbeddedRoutes>
  /** Epoch milliseconds from which on a load that failed is tried again; undefined while it has not failed. */
  retryAt: number | undefined
}

/** Inputs of one call while utterances are embedded. */
const BATCH = 64
const UTTERANCES_MS = 30_000
const RETRY_MS = 5_000

/**
 * The routes of all semantic policies as vectors: each utterance is embedded
 * once, at the start or when the configuration brings it, by the process that
 * needs it. Policies with the same model and utterances share them.
 */
export class SemanticRoutes implements Semantics {
  readonly #dependencies: EmbedderDependencies
  readonly #entries = new Map<string, Entry>()
  #catalog: Catalog

  constructor(dependencies: EmbedderDependencies, catalog: Catalog) {
    this.#dependencies = dependencies
    this.#catalog = catalog
  }

  /** Forgets what the catalogue no longer has, and begins to embed what is new in it. */
  reconfigure(catalog: Catalog): void {
    this.#catalog = catalog
    const policies = Object.values(catalog.policies)
    const wanted = policies.flatMap(({ strategy, semantic }) =>
      strategy === 'semantic' && semantic ? [semantic] : [],
    )
    const keys = new Set(wanted.map(semantic => this.#keyOf(semantic)))
    for (const key of this.#entries.keys()) if (!keys.has(key)) this.#entries.delete(key)
    for (const semantic of wanted) this.#entryOf(semantic)
  }

  async nearness({ semantic, text }: SemanticQuestion): Promise<Nearness> {
    const { clock } = this.#dependencies
    const { embeddings: model, timeout: timeoutMs } = semantic
    const late = new AbortController()
    const { promise: tooLate, resolve } = Promise.withResolvers<Nearness>()
    const cancel = clock.schedule(timeoutMs, () => {
      resolve({ known: false, why: `no embedding within ${timeoutMs} ms` })
      late.abort()
    })
    const found = this.#find(this.#entryOf(semantic), model, text, late.signal)
    const nearness = await Promise.race([found, tooLate])
    cancel()
    return nearness
  }

  async #find(
    { loading }: Entry,
    model: string,
    text: string,
    signal: AbortSignal,
  ): Promise<Nearness> {
    const prompt = this.#embed(model, [text], signal)
    const routes = await loading
    if (!routes.ok) return { known: false, why: `no embeddings of the routes: ${routes.why}` }
    const embedded = await prompt
    if (!embedded.ok) return { known: false, why: `no embedding of the prompt: ${embedded.why}` }
    return nearnessOf(embedded.vectors[0] ?? new Float64Array(), routes.routes)
  }

  #entryOf(semantic: Semantic): Entry {
    const key = this.#keyOf(semantic)
    const known = this.#entries.get(key)
    const { clock } = this.#dependencies
    if (known && (known.retryAt === undefined || clock.now() < known.retryAt)) return known
    const entry: Entry = { loading: this.#load(semantic), retryAt: undefined }
    this.#entries.set(key, entry)
    void entry.loading.then(loaded => {
      if (!loaded.ok) entry.retryAt = clock.now() + RETRY_MS
    })
    return entry
  }

  /** Other vectors come from another model, another place to have it, or other utterances. */
  #keyOf({ embeddings, routes }: Semantic): string {
    const deployments = Object.values(this.#catalog.models[embeddings]?.deployments ?? {})
    const places = deployments.map(({ base_url: url, model }) => [url, model])
    const utterances = Object.entries(routes).map(([name, { utterances }]) => [name, utterances])
    return JSON.stringify([embeddings, places, utterances])
  }

  async #load({ embeddings: model, routes }: Semantic): Promise<EmbeddedRoutes> {
    const { clock, telemetry } = this.#dependencies
    const late = new AbortController()
    const cancel = clock.schedule(UTTERANCES_MS, () => late.abort())
    const texts = Object.values(routes).flatMap(({ utterances }) => utterances)
    const vectors: Float64Array[] = []
    for (let from = 0; from < texts.length; from += BATCH) {
      const embedded = await this.#embed(model, texts.slice(from, from + BATCH), late.signal)
      if (!embedded.ok) {
        cancel()
        const { why } = embedded
        telemetry.logger.warn({ model, why }, 'utterances of a semantic policy are not embedded')
        return embedded
      }
      vectors.push(...embedded.vectors)
    }
    cancel()
    let at = 0
    const embeddedRoutes = Object.entries(routes).map(([route, { utterances }]) => {
      const from = at
      at += utterances.length
      return { route, utterances: vectors.slice(from, at) }
    })
    return { ok: true, routes: embeddedRoutes }
  }

  async #embed(model: string, texts: readonly string[], signal: AbortSignal): Promise<Embedded> {
    try {
      return await embed(this.#dependencies, this.#catalog, { model, texts, signal })
    } catch (error) {
      // A provider never throws for what the other side does, so this is a fault of ours.
      this.#dependencies.telemetry.logger.error({ err: error, model }, 'embedding failed')
      return { ok: false, why: String(error) }
    }
  }
}
