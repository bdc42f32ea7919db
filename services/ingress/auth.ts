import { createHash } from 'node:crypto'
import { type Clock, LonghaulError } from '@longhaul/contracts'
import type { Store, Tenant } from '@longhaul/store'
import { LRUCache } from 'lru-cache'
import { overloaded } from './answer.ts'

/** How long a key's tenant is taken from memory: the longest that a revoked key still works. */
const KNOWN_MS = 10_000
/** …and that a new key may go unnoticed by whoever tried it too early. */
const UNKNOWN_MS = 2_000
const MAX_CACHED = 10_000
/** So that guesses do not fill the database's queue. */
const MAX_LOOKUPS = 200
const LONGEST_KEY = 512

const BEARER = /^Bearer +(\S+) *$/i

/** Tells whose key a request carries. Keys are kept in memory only as hashes. */
export class Authenticator {
  readonly #tenants: Pick<Store['tenants'], 'ofKey'>
  readonly #clock: Clock
  readonly #cache = new LRUCache<string, { tenant: Tenant | undefined; until: number }>({
    max: MAX_CACHED,
  })
  readonly #lookups = new Map<string, Promise<Tenant | undefined>>()

  constructor(dependencies: { tenants: Pick<Store['tenants'], 'ofKey'>; clock: Clock }) {
    this.#tenants = dependencies.tenants
    this.#clock = dependencies.clock
  }

  /**
   * @param authorization the header
   * @throws {LonghaulError} invalid_api_key, overloaded
   * @throws {StoreUnavailableError} the key is not in memory and cannot be asked for
   */
  async tenantOf(authorization: string | undefined): Promise<Tenant> {
    if (authorization === undefined) {
      throw invalidKey('There is no API key: send `Authorization: Bearer <key>`.')
    }
    const key = BEARER.exec(authorization)?.[1]
    if (key === undefined) {
      throw invalidKey('`Authorization` must be `Bearer <key>`.')
    }
    const tenant = key.length > LONGEST_KEY ? undefined : await this.#ofKey(key)
    if (!tenant) throw invalidKey('This API key is unknown or revoked: check it.')
    return tenant
  }

  #ofKey(key: string): Tenant | undefined | Promise<Tenant | undefined> {
    const hash = createHash('sha256').update(key).digest('base64')
    const known = this.#cache.get(hash)
    if (known && this.#clock.now() < known.until) return known.tenant
    const underWay = this.#lookups.get(hash)
    if (underWay) return underWay
    if (this.#lookups.size >= MAX_LOOKUPS) {
      throw overloaded('Too many API keys are being looked up. Try again in a second.')
    }
    const lookup = this.#lookUp(hash, key).finally(() => this.#lookups.delete(hash))
    this.#lookups.set(hash, lookup)
    return lookup
  }

  async #lookUp(hash: string, key: string): Promise<Tenant | undefined> {
    const tenant = await this.#tenants.ofKey(key)
    const until = this.#clock.now() + (tenant ? KNOWN_MS : UNKNOWN_MS)
    this.#cache.set(hash, { tenant, until })
    return tenant
  }
}

function invalidKey(message: string): LonghaulError {
  return new LonghaulError('invalid_api_key', message)
}
