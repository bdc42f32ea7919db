import type { Clock } from '@longhaul/contracts'
import type { Store } from '@longhaul/store'
import { LRUCache } from 'lru-cache'
import { Webhook } from 'standardwebhooks'

/** How long a rotation may go unnoticed. */
const SECRETS_FRESH_MS = 30_000
const TENANTS_KEPT = 1_000

/** Standard Webhooks 1.0: signs with every secret of the tenant that is valid. */
export class Signer {
  readonly #clock: Clock
  readonly #keys: LRUCache<string, Webhook[]>

  constructor({ store, clock }: { store: Store; clock: Clock }) {
    this.#clock = clock
    this.#keys = new LRUCache({
      max: TENANTS_KEPT,
      ttl: SECRETS_FRESH_MS,
      ttlResolution: 0,
      perf: { now: () => clock.now() },
      fetchMethod: async tenantId => {
        const secrets = await store.tenants.webhookSecrets(tenantId)
        return secrets.map(secret => new Webhook(secret))
      },
    })
  }

  /**
   * The three headers of one attempt, with its own timestamp.
   * @throws {StoreUnavailableError} the secrets could not be read
   */
  async headers(
    tenantId: string,
    eventId: string,
    payload: string,
  ): Promise<Record<string, string>> {
    const keys = (await this.#keys.fetch(tenantId)) ?? []
    if (keys.length === 0) throw new Error(`tenant ${tenantId} has no webhook secret`)
    const timestamp = new Date(this.#clock.now())
    return {
      'webhook-id': eventId,
      'webhook-timestamp': String(Math.floor(timestamp.getTime() / 1_000)),
      'webhook-signature': keys.map(key => key.sign(eventId, timestamp, payload)).join(' '),
    }
  }
}
