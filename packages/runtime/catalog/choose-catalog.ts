import { type Config, configSchema } from '@longhaul/contracts'
import type { Env } from '../env.ts'
import { catalogPolicies } from './catalog-policies.ts'
import { type ConfigInput, knownModels, knownProviders } from './known-models.ts'
import { OLLAMA_ORIGIN, type OllamaModel, ollamaCatalog } from './ollama.ts'
import { simulatorCatalog } from './simulator-catalog.ts'

export interface CatalogChoice {
  config: Config
  /** The same as it is written in a file; keys are what `env` has under their names. */
  written: ConfigInput
  /** One sentence for people: what the models are, and why these. */
  source: string
  kind: 'providers' | 'ollama' | 'simulator'
}

export interface CatalogDependencies {
  env: Env
  probeOllama: () => Promise<OllamaModel[] | undefined>
  /** Starts the simulator; asked only when it is needed. */
  simulatorOrigin: () => Promise<string>
}

/**
 * The catalogue when there is no configuration file: providers whose key is in
 * the environment, else a local Ollama, else the simulator.
 */
export async function chooseCatalog(dependencies: CatalogDependencies): Promise<CatalogChoice> {
  const { env } = dependencies
  const providers = Object.keys(knownProviders).filter(name => keyOf(name, env) !== undefined)
  if (providers.length > 0) {
    const keys = providers.map(name => knownProviders[name]?.key ?? '')
    const written = providerCatalog(providers, env)
    const config = configSchema.parse(written)
    return {
      kind: 'providers',
      config,
      written,
      source: `${modelsOf(config)}, by ${listed(keys)}.`,
    }
  }
  const local = await dependencies.probeOllama()
  if (local && local.length > 0) {
    const written = ollamaCatalog(local, contextLengthOf(env))
    const config = configSchema.parse(written)
    const source = `${modelsOf(config)}, of the Ollama at ${OLLAMA_ORIGIN} (no provider's key is in the environment).`
    return { kind: 'ollama', config, written, source }
  }
  const written = simulatorCatalog(await dependencies.simulatorOrigin())
  const config = configSchema.parse(written)
  const source = `${modelsOf(config)}, of the built-in simulator: their answers are made up and cost nothing (no provider's key is in the environment, and no Ollama answers at ${OLLAMA_ORIGIN}).`
  return { kind: 'simulator', config, written, source }
}

/** `env` with a reference in the place of each provider's key: what is chosen by it may be written to a file. */
export function withKeysByReference(env: Env): Env {
  const keys = Object.entries(knownProviders)
    .filter(([provider]) => keyOf(provider, env) !== undefined)
    .map(([, { key }]) => [key, `\${${key}}`])
  return { ...env, ...Object.fromEntries(keys) }
}

function keyOf(provider: string, env: Env): string | undefined {
  const value = env[knownProviders[provider]?.key ?? '']?.trim()
  return value === '' ? undefined : value
}

/** Every known model that one of the providers has; a deployment for each that has it. */
function providerCatalog(providers: readonly string[], env: Env): ConfigInput {
  const models: ConfigInput['models'] = {}
  for (const [name, { at, ...model }] of Object.entries(knownModels)) {
    const deployments: ConfigInput['models'][string]['deployments'] = {}
    for (const provider of providers) {
      const place = at[provider]
      const known = knownProviders[provider]
      const apiKey = keyOf(provider, env)
      if (!place || !known || apiKey === undefined) continue
      deployments[provider] = { ...known.deployment, ...place, api_key: apiKey }
    }
    if (Object.keys(deployments).length === 0) continue
    models[name] = { ...model, deployments }
  }
  return { models, policies: catalogPolicies }
}

function contextLengthOf(env: Env): number | undefined {
  const text = env.OLLAMA_CONTEXT_LENGTH?.trim() ?? ''
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined
}

function modelsOf(config: Config): string {
  const names = Object.keys(config.models)
  return `${names.length === 1 ? 'Model' : 'Models'} ${listed(names)}`
}

function listed(words: readonly string[]): string {
  return new Intl.ListFormat('en').format(words)
}
