import type { Deployment } from '@longhaul/contracts'
import type { Connections, Origin } from './connections.ts'
import type { ProviderDeployment } from './port.ts'
import type { WireFormat } from './wire-format.ts'

/** Where a deployment's calls go, made ready once. */
export interface Target {
  readonly config: Deployment
  readonly format: WireFormat
  readonly origin: Origin
  readonly originName: string
  /** Path of the base URL, without a slash at the end. */
  readonly basePath: string
  /** Query of the base URL, such as Azure's `?api-version=…`; goes along with every call. */
  readonly query: string
  /** Names and values in turn. */
  readonly headers: readonly string[]
  /** What must not show in any detail. */
  readonly secrets: readonly string[]
}

/** The targets of all deployments seen so far; a changed configuration replaces its target. */
export class Targets {
  readonly #connections: Connections
  readonly #formats: Record<Deployment['provider'], WireFormat>
  readonly #targets = new Map<string, Target>()

  constructor(dependencies: {
    connections: Connections
    formats: Record<Deployment['provider'], WireFormat>
  }) {
    this.#connections = dependencies.connections
    this.#formats = dependencies.formats
  }

  of({ key, config }: ProviderDeployment): Target {
    const known = this.#targets.get(key)
    if (known?.config === config) return known
    const target = this.#open(key, config)
    if (known && known.originName !== target.originName) {
      this.#connections.release(known.originName, key)
    }
    this.#targets.set(key, target)
    return target
  }

  #open(key: string, config: Deployment): Target {
    const url = new URL(config.base_url)
    const format = this.#formats[config.provider]
    const own = new Map(
      Object.entries(config.headers).map(([name, value]) => [name.toLowerCase(), value]),
    )
    const headers = { ...userInfo(url), ...format.headers(config), ...Object.fromEntries(own) }
    return {
      config,
      format,
      origin: this.#connections.reserve(url.origin, key, config.max_concurrency),
      originName: url.origin,
      basePath: url.pathname.replace(/\/+$/, ''),
      query: url.search,
      headers: Object.entries({ ...always, ...headers }).flat(),
      secrets: secretsOf(config, url, own),
    }
  }
}

/** Without a user agent some gateways answer 403; without an encoding any compression is allowed. */
const always = {
  'content-type': 'application/json',
  'user-agent': 'longhaul',
  'accept-encoding': 'identity',
}

/** `https://user:password@host/`: credentials that HTTP clients send as Basic. */
function userInfo(url: URL): Record<string, string> {
  if (url.username === '' && url.password === '') return {}
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
}

/** Shorter values are no secrets, and would tear holes into innocent words. */
const SHORTEST_SECRET = 8

function secretsOf(config: Deployment, url: URL, headers: Map<string, string>): string[] {
  const candidates = [
    config.api_key?.trim() ?? '',
    decodeURIComponent(url.password),
    ...headers.values(),
    ...url.searchParams.values(),
  ]
  return candidates.filter(text => text.length >= SHORTEST_SECRET)
}
