import {
  type Clock,
  type Config,
  deploymentKey,
  LonghaulError,
  type Model,
} from '@longhaul/contracts'
import type { Coordination } from '@longhaul/coordination'
import { nearMiss } from '@longhaul/runtime'
import type { Request, Response } from 'express'
import { sendJson } from '../answer.ts'
import { timeOf } from '../job-view.ts'
import type { ModelView } from '../openapi/schemas.ts'
import { noQuery, readQuery } from '../query.ts'

const OWNER = 'longhaul'

/**
 * What a request may name as its model, as OpenAI's clients list it: `auto` and
 * the policies, which choose among models, and the models of the configuration
 * with what Longhaul knows of each.
 */
export class ModelRoutes {
  readonly #config: Config
  readonly #coordination: Coordination
  readonly #created: number

  constructor(dependencies: { config: Config; coordination: Coordination; clock: Clock }) {
    this.#config = dependencies.config
    this.#coordination = dependencies.coordination
    this.#created = Math.floor(dependencies.clock.now() / 1_000)
  }

  listModels(request: Request, response: Response): void {
    readQuery(noQuery, request.url)
    const data = this.#names().map(name => this.#view(name))
    sendJson(response, 200, JSON.stringify({ object: 'list', data }))
  }

  getModel(request: Request, response: Response): void {
    readQuery(noQuery, request.url)
    const { model: segments } = request.params
    const name = Array.isArray(segments) ? segments.join('/') : String(segments)
    const view = this.#view(name)
    if (!view) throw this.#unknown(name)
    sendJson(response, 200, JSON.stringify(view))
  }

  #view(name: string): ModelView | undefined {
    const plain = { id: name, object: 'model', created: this.#created, owned_by: OWNER } as const
    const { models, policies } = this.#config
    if (name === 'auto' || Object.hasOwn(policies, name)) return { ...plain, longhaul: null }
    const model = Object.hasOwn(models, name) ? models[name] : undefined
    return model && { ...plain, longhaul: this.#details(name, model) }
  }

  /** A policy may be called `auto` too. */
  #names(): string[] {
    const { models, policies } = this.#config
    return [...new Set(['auto', ...Object.keys(policies), ...Object.keys(models)])]
  }

  #details(name: string, model: Model): NonNullable<ModelView['longhaul']> {
    return {
      context_window: model.context_window,
      max_output_tokens: model.max_output_tokens ?? null,
      capabilities: model.capabilities,
      price: model.price,
      endpoints: model.endpoints,
      deployments: Object.keys(model.deployments).map(deployment =>
        this.#deployment(deployment, deploymentKey(name, deployment)),
      ),
    }
  }

  #deployment(name: string, key: string) {
    const { live, breakers } = this.#coordination
    const stats = live.of(key)
    const breaker = breakers.view(key)
    const { openUntil } = breaker
    return {
      name,
      state: breaker.state,
      open_until: openUntil === undefined || !Number.isFinite(openUntil) ? null : timeOf(openUntil),
      in_flight: stats.inFlight,
      latency_ms: stats.latencyMs ?? null,
      error_rate: stats.errorRate,
    }
  }

  #unknown(name: string): LonghaulError {
    const near = nearMiss(name, this.#names())
    const hint = near ? ` Did you mean "${near}"?` : ' GET /v1/models lists those there are.'
    const shown = JSON.stringify(name.slice(0, 100))
    return new LonghaulError(
      'model_not_found',
      `The configuration has no model or policy called ${shown}.${hint}`,
      { param: 'model' },
    )
  }
}
