import { createHash, randomBytes } from 'node:crypto'
import { type Clock, idFrom, newId, uuidOf } from '@longhaul/contracts'
import type { Database, Statement } from './database.ts'
import type { ApiKey, Tenant } from './types.ts'

const DAY_MS = 86_400_000

interface KeyRow {
  id: string
  name: string
  tenant: string
  revoked: boolean
  created_at: number
}

/** Tenants, their API keys and the secrets that sign their webhooks. */
export class Tenants {
  readonly #database: Database
  readonly #clock: Clock

  constructor(database: Database, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  /** The tenant of that name, made if there is none. */
  async ensure(name: string): Promise<Tenant> {
    await this.#database.query(
      `INSERT INTO tenants (id, name, webhook_secret, created_at)
       VALUES ($1, $2, $3, to_timestamp($4::float8 / 1000)) ON CONFLICT (name) DO NOTHING`,
      [uuidOf('tenant', newId('tenant')), name, newSecret(), this.#clock.now()],
    )
    const [row] = await this.#database.query<{ id: string }>(
      'SELECT id FROM tenants WHERE name = $1',
      [name],
    )
    if (!row) throw new Error(`tenant ${name} vanished`)
    return { id: idFrom('tenant', row.id), name }
  }

  /** Whether any key can be used: if not, this is a first start. */
  async hasKeys(): Promise<boolean> {
    return (
      (await this.#database.query('SELECT 1 FROM api_keys WHERE revoked_at IS NULL LIMIT 1'))
        .length > 0
    )
  }

  /**
   * Makes a key; the plain text is returned here and nowhere else.
   * @param given use this one instead of a random one; giving it again is harmless
   */
  async createKey(tenantId: string, name: string, given?: string): Promise<string> {
    const key = given ?? `lh_${randomBytes(24).toString('base64url')}`
    await this.#database.query(
      `INSERT INTO api_keys (id, tenant_id, name, hash, created_at)
       VALUES ($1, $2, $3, $4, to_timestamp($5::float8 / 1000)) ON CONFLICT (hash) DO NOTHING`,
      [
        uuidOf('key', newId('key')),
        uuidOf('tenant', tenantId),
        name,
        hashOf(key),
        this.#clock.now(),
      ],
    )
    return key
  }

  /** All keys, the oldest first; what they are is not known here. */
  async listKeys(): Promise<ApiKey[]> {
    const rows = await this.#database.query<KeyRow>(
      `SELECT k.id, k.name, t.name AS tenant, k.revoked_at IS NOT NULL AS revoked,
         date_part('epoch', k.created_at) * 1000 AS created_at
       FROM api_keys k JOIN tenants t ON t.id = k.tenant_id ORDER BY k.id`,
    )
    return rows.map(row => ({
      id: idFrom('key', row.id),
      name: row.name,
      tenant: row.tenant,
      createdAt: row.created_at,
      revoked: row.revoked,
    }))
  }

  /** @returns false when there is no such key that could be used */
  async revokeKey(keyId: string): Promise<boolean> {
    const rows = await this.#database.query(
      `UPDATE api_keys SET revoked_at = to_timestamp($2::float8 / 1000)
       WHERE id = $1 AND revoked_at IS NULL RETURNING id`,
      [uuidOf('key', keyId), this.#clock.now()],
    )
    return rows.length > 0
  }

  /** Whose key it is; undefined when unknown or revoked. */
  async ofKey(key: string): Promise<Tenant | undefined> {
    const [row] = await this.#database.hot<{ id: string; name: string }>(OF_KEY, [hashOf(key)])
    return row && { id: idFrom('tenant', row.id), name: row.name }
  }

  /** `whsec_…` secrets to sign with, newest first; those before stay valid for a day after they were replaced. */
  async webhookSecrets(tenantId: string): Promise<string[]> {
    const [row] = await this.#database.query<{ secrets: string[] }>(WEBHOOK_SECRETS, [
      uuidOf('tenant', tenantId),
      this.#clock.now(),
    ])
    return row?.secrets ?? []
  }

  /**
   * @returns the new secret; the old one signs beside it for 24 hours, as do up
   *   to three that were replaced within the day before
   */
  async rotateWebhookSecret(tenantId: string): Promise<string> {
    const secret = newSecret()
    const now = this.#clock.now()
    const values = [uuidOf('tenant', tenantId), secret, now, now + DAY_MS, MOST_FORMER_SECRETS]
    await this.#database.query(ROTATE_WEBHOOK_SECRET, values)
    return secret
  }
}

/** A rotation is repeated where its answer got lost: five signatures fit into a header. */
const MOST_FORMER_SECRETS = 3

const WEBHOOK_SECRETS = `
  SELECT array_remove(
    ARRAY[
      webhook_secret,
      CASE WHEN previous_secret_expires_at > to_timestamp($2::float8 / 1000)
        THEN previous_webhook_secret END
    ] || ARRAY(
      SELECT former->>'secret' FROM jsonb_array_elements(former_webhook_secrets) AS former
      WHERE (former->>'expires_at')::float8 > $2
      ORDER BY (former->>'expires_at')::float8 DESC
    ), NULL) AS secrets
  FROM tenants WHERE id = $1`

const ROTATE_WEBHOOK_SECRET = `
  UPDATE tenants SET
    former_webhook_secrets = coalesce((
      SELECT jsonb_agg(kept.former) FROM (
        SELECT former FROM jsonb_array_elements(
          former_webhook_secrets || CASE WHEN previous_webhook_secret IS NULL THEN '[]'
            ELSE jsonb_build_array(jsonb_build_object(
              'secret', previous_webhook_secret,
              'expires_at', extract(epoch FROM previous_secret_expires_at) * 1000)) END
        ) AS former
        WHERE (former->>'expires_at')::float8 > $3
        ORDER BY (former->>'expires_at')::float8 DESC LIMIT $5
      ) AS kept
    ), '[]'),
    previous_webhook_secret = webhook_secret,
    previous_secret_expires_at = to_timestamp($4::float8 / 1000),
    webhook_secret = $2
  WHERE id = $1`

/** Every request makes it: no list that takes long may hold it up. */
const OF_KEY: Statement = {
  name: 'tenant-of-key',
  text: `SELECT t.id, t.name FROM api_keys k JOIN tenants t ON t.id = k.tenant_id
    WHERE k.hash = $1 AND k.revoked_at IS NULL`,
}

/** Standard Webhooks 1.0: 24 to 64 random bytes in base64. */
function newSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`
}

/** Keys hold 192 random bits, so a plain hash is as good as a slow one. */
function hashOf(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}
