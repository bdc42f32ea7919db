import { type Clock, idFrom, uuidOf } from '@longhaul/contracts'
import { type BatchRow, batchOf, SELECT_BATCH } from './batch-rows.ts'
import type { BatchFilter, BatchKey, BatchOutcome, BatchRecord, NewBatch } from './batch-types.ts'
import type { Database } from './database.ts'

const KEY_KEPT_MS = 86_400_000
const FORGET_ROWS = 1_000

/**
 * Batches, as their callers see and change them; the dispatcher's part of their
 * life is in `BatchWork`.
 *
 *     validating ──► in_progress ──► finalizing ──► completed | expired
 *         │  └──────────┬──► cancelling ──► cancelled
 *         ▼
 *       failed
 *
 * - `validating`: its file is read for faults, by whoever has the lease, and slice
 *   by slice its lines become jobs, which nobody releases yet. `recorded_lines`
 *   tells how far they have, `total` that all have and none has a fault. At the
 *   first fault recording ends, and what was recorded is dropped.
 * - `in_progress`: all lines are jobs, released unless `paused`.
 * - `finalizing`: every line has ended; its files are written by whoever has the
 *   lease, and shown by the statement that ends the batch.
 * - `cancelling`: lines are cancelled in rounds; then files are written as above.
 *   A batch that had not begun leaves nothing.
 * - final: never changes again.
 */
export class Batches {
  readonly #database: Database
  readonly #clock: Clock

  constructor(database: Database, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  /** Unless the same request came before. Two that come at the same time are told apart. */
  async create(batch: NewBatch, key: BatchKey): Promise<BatchOutcome> {
    const [row] = await this.#database.query<{ batch_id: string; body_hash: string }>(CREATE, [
      uuidOf('tenant', batch.tenantId),
      key.key,
      key.bodyHash,
      uuidOf('batch', batch.id),
      batch.createdAt,
      key.since,
      batch.endpoint,
      uuidOf('file', batch.inputFileId),
      batch.completionWindow,
      batch.metadata && JSON.stringify(batch.metadata),
      batch.outputExpiresSeconds,
      batch.priority,
      batch.paused,
      batch.retryOf && uuidOf('batch', batch.retryOf),
      batch.webhook?.url ?? null,
      batch.webhook?.events ?? null,
      batch.expiresAt,
    ])
    const batchId = idFrom('batch', row?.batch_id ?? '')
    if (batchId === batch.id) return { kind: 'created' }
    return row?.body_hash === key.bodyHash ? { kind: 'duplicate', batchId } : { kind: 'key-reused' }
  }

  /** The batch that this request made before; undefined: none, or with another body. */
  async ofKey(tenantId: string, key: BatchKey): Promise<string | undefined> {
    const [row] = await this.#database.query<{ batch_id: string }>(
      `SELECT batch_id FROM batch_keys WHERE tenant_id = $1::uuid AND key = $2 AND body_hash = $3
         AND created_at > to_timestamp($4::float8 / 1000)`,
      [uuidOf('tenant', tenantId), key.key, key.bodyHash, key.since],
    )
    return row && idFrom('batch', row.batch_id)
  }

  async get(tenantId: string, id: string): Promise<BatchRecord | undefined> {
    const [row] = await this.#database.query<BatchRow>(
      `${SELECT_BATCH} WHERE b.id = $1::uuid AND b.tenant_id = $2::uuid`,
      [uuidOf('batch', id), uuidOf('tenant', tenantId)],
    )
    return row && batchOf(row)
  }

  /** One page of a tenant's batches, newest first. */
  async list(filter: BatchFilter): Promise<{ batches: BatchRecord[]; hasMore: boolean }> {
    const rows = await this.#database.query<BatchRow>(
      `${SELECT_BATCH} WHERE b.tenant_id = $1::uuid AND ($2::uuid IS NULL OR b.id < $2::uuid)
       ORDER BY b.id DESC LIMIT $3`,
      [
        uuidOf('tenant', filter.tenantId),
        filter.after === undefined ? null : uuidOf('batch', filter.after),
        filter.limit + 1,
      ],
    )
    const batches = rows.slice(0, filter.limit).map(batchOf)
    return { batches, hasMore: rows.length > filter.limit }
  }

  /** Asks for its end; one whose lines have all ended goes on to its own. @returns whether this call changed it */
  async cancel(tenantId: string, id: string): Promise<boolean> {
    const rows = await this.#database.query(
      `UPDATE batches SET status = 'cancelling', cancelling_at = to_timestamp($3::float8 / 1000),
         lease_owner = NULL, lease_expires_at = NULL
       WHERE id = $1::uuid AND tenant_id = $2::uuid AND status IN ('validating', 'in_progress')
       RETURNING 1`,
      [uuidOf('batch', id), uuidOf('tenant', tenantId), this.#clock.now()],
    )
    return rows.length > 0
  }

  /** Holds back, or lets go on, what is not published yet. @returns false: it has ended, or all its lines have */
  async setPaused(tenantId: string, id: string, paused: boolean): Promise<boolean> {
    const rows = await this.#database.query(
      `UPDATE batches SET paused = $3
       WHERE id = $1::uuid AND tenant_id = $2::uuid AND status IN ('validating', 'in_progress')
       RETURNING 1`,
      [uuidOf('batch', id), uuidOf('tenant', tenantId), paused],
    )
    return rows.length > 0
  }

  /**
   * What answers have had lately, by model: mean tokens among the last few thousand
   * that the tenant got from the endpoint, or
   * where it got none of the model, among those that others got.
   */
  async recentAnswers(tenantId: string, endpoint: string): Promise<Map<string, number>> {
    const rows = await this.#database.query<{ model: string; tokens: number }>(RECENT_ANSWERS, [
      uuidOf('tenant', tenantId),
      endpoint,
    ])
    return new Map(rows.map(({ model, tokens }) => [model, tokens]))
  }

  /** Forgets what a day has passed over, and batches that ended `keepDays` ago or more. */
  async forget(keepDays: number): Promise<void> {
    const now = this.#clock.now()
    await this.#database.query(
      `DELETE FROM batch_keys WHERE (tenant_id, key) IN (SELECT tenant_id, key FROM batch_keys
         WHERE created_at < to_timestamp($1::float8 / 1000) LIMIT $2)`,
      [now - KEY_KEPT_MS, FORGET_ROWS],
    )
    await this.#database.query(
      `WITH gone AS (
         DELETE FROM batches WHERE id IN (SELECT id FROM batches
           WHERE created_at < to_timestamp($1::float8 / 1000)
             AND status IN ('completed', 'failed', 'expired', 'cancelled') LIMIT $2)
         RETURNING id)
       DELETE FROM batch_counts WHERE batch_id IN (SELECT id FROM gone)`,
      [now - keepDays * KEY_KEPT_MS, FORGET_ROWS],
    )
  }
}

const CREATE = `WITH keyed AS (
    INSERT INTO batch_keys AS k (tenant_id, key, body_hash, batch_id, created_at)
    VALUES ($1::uuid, $2, $3, $4::uuid, to_timestamp($5::float8 / 1000))
    ON CONFLICT (tenant_id, key) DO UPDATE SET
      body_hash = CASE WHEN k.created_at > to_timestamp($6::float8 / 1000)
        THEN k.body_hash ELSE excluded.body_hash END,
      batch_id = CASE WHEN k.created_at > to_timestamp($6::float8 / 1000)
        THEN k.batch_id ELSE excluded.batch_id END,
      created_at = CASE WHEN k.created_at > to_timestamp($6::float8 / 1000)
        THEN k.created_at ELSE excluded.created_at END
    RETURNING batch_id, body_hash
  ), made AS (
    INSERT INTO batches (id, tenant_id, status, endpoint, input_file_id, completion_window,
      metadata, output_expires_seconds, priority, paused, retry_of, webhook_url, webhook_events,
      created_at, expires_at)
    SELECT $4::uuid, $1::uuid, 'validating', $7, $8::uuid, $9, $10::jsonb, $11::integer,
      $12::smallint, $13::boolean, $14::uuid, $15, $16::text[],
      to_timestamp($5::float8 / 1000), to_timestamp($17::float8 / 1000)
    FROM keyed WHERE batch_id = $4::uuid
  )
  SELECT batch_id, body_hash FROM keyed`

const MANY_TENANTS = 5
const MANY_ANSWERS = 100

/** What others' answers are on average is told only where it is that of many tenants: it must show nobody's. */
const RECENT_ANSWERS = `SELECT model,
    coalesce(avg(tokens) FILTER (WHERE own), avg(tokens))::float8 AS tokens FROM (
    SELECT model, tenant_id, own, (usage->>'output_tokens')::float8 AS tokens FROM (
      (SELECT model, tenant_id, status, endpoint, usage, true AS own FROM jobs WHERE tenant_id = $1::uuid
        ORDER BY id DESC LIMIT 5000)
      UNION ALL
      (SELECT model, tenant_id, status, endpoint, usage, false AS own FROM (
        SELECT * FROM jobs ORDER BY id DESC LIMIT 5000) j WHERE tenant_id <> $1::uuid)) latest
    WHERE status = 'succeeded' AND endpoint = $2 AND usage IS NOT NULL) answered
  GROUP BY model
  HAVING bool_or(own) OR (count(DISTINCT tenant_id) >= ${MANY_TENANTS} AND count(*) >= ${MANY_ANSWERS})`
