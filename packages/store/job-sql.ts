import type { Statement } from './database.ts'
import {
  COUNTS_WITHOUT_CALL,
  countsOfEnded,
  ENDED_COLUMNS,
  ENDING_XID,
  eventsOfEnded,
  WANTS_EVENT,
} from './outbox-sql.ts'
import { RowColumns } from './row-columns.ts'

export const INSERT_COLUMNS = new RowColumns({
  id: 'uuid',
  tenant_id: 'uuid',
  status: 'text',
  endpoint: 'text',
  lane: 'text',
  policy: 'text',
  requested_model: 'text',
  metadata: 'json',
  not_before: 'float8',
  deadline: 'float8',
  webhook_url: 'text',
  webhook_events: 'json',
  options: 'json',
  traceparent: 'text',
  body: 'text',
  body_bytes: 'integer',
  idempotency_key: 'text',
  body_hash: 'text',
})

export const INSERT: Statement = {
  name: 'job-insert',
  text: `WITH input AS (
    SELECT * FROM ${INSERT_COLUMNS.recordset(2)}
  ), keyed AS (
    INSERT INTO idempotency_keys (tenant_id, key, body_hash, job_id, created_at)
    SELECT tenant_id, idempotency_key, body_hash, id, to_timestamp($1::float8 / 1000)
    FROM input WHERE idempotency_key IS NOT NULL ORDER BY tenant_id, idempotency_key
    ON CONFLICT (tenant_id, key) DO NOTHING
    RETURNING job_id
  ), fresh AS (
    SELECT * FROM input
    WHERE idempotency_key IS NULL OR id IN (SELECT job_id FROM keyed)
  ), bodies AS (
    INSERT INTO job_bodies (job_id, kind, body) SELECT id, 'request', body FROM fresh
  )
  INSERT INTO jobs (id, tenant_id, status, endpoint, lane, policy, requested_model, metadata,
    dispatch_model, due_at, not_before, deadline, created_at, queued_at, dispatches,
    webhook_url, webhook_events, options, traceparent, body_bytes)
  SELECT id, tenant_id, status, endpoint, lane, policy, requested_model, metadata::jsonb,
    coalesce(requested_model, ''), to_timestamp(coalesce(not_before, $1::float8) / 1000),
    to_timestamp(not_before / 1000), to_timestamp(deadline / 1000), to_timestamp($1::float8 / 1000),
    CASE status WHEN 'queued' THEN to_timestamp($1::float8 / 1000) END,
    CASE status WHEN 'queued' THEN 1 ELSE 0 END,
    webhook_url,
    CASE WHEN webhook_events IS NOT NULL THEN ARRAY(SELECT json_array_elements_text(webhook_events)) END,
    options, traceparent, body_bytes
  FROM fresh
  RETURNING id`,
}

export const KEYS_OF: Statement = {
  name: 'idempotency-keys',
  text: `SELECT k.tenant_id, k.key, k.body_hash, k.job_id
    FROM json_to_recordset($1::json) AS r(tenant_id uuid, key text)
    JOIN idempotency_keys k ON k.tenant_id = r.tenant_id AND k.key = r.key`,
}

export const CLAIM_COLUMNS = new RowColumns({
  id: 'uuid',
  model: 'text',
  owner: 'text',
  lease_expires_at: 'float8',
})

export const CLAIM: Statement = {
  name: 'job-claim',
  text: `UPDATE jobs j SET
      status = 'running',
      fence = j.fence + 1,
      model = r.model,
      started_at = coalesce(j.started_at, to_timestamp($1::float8 / 1000)),
      lease_owner = r.owner,
      lease_expires_at = to_timestamp(r.lease_expires_at / 1000)
    FROM ${CLAIM_COLUMNS.recordset(2)}
    WHERE j.id = r.id AND j.status = 'queued'
      AND (j.deadline IS NULL OR j.deadline > to_timestamp($1::float8 / 1000))
    RETURNING j.id, j.fence, j.failures, j.losses, j.hints,
      date_part('epoch', j.queued_at) * 1000 AS queued_at,
      date_part('epoch', j.created_at) * 1000 AS created_at`,
}

export const RENEW: Statement = {
  name: 'job-renew',
  text: `UPDATE jobs j SET lease_expires_at = to_timestamp($2::float8 / 1000)
    FROM json_to_recordset($1::json) AS r(id uuid, fence integer)
    WHERE j.id = r.id AND j.fence = r.fence AND j.status = 'running'
    RETURNING j.id`,
}

export const SETTLE_COLUMNS = new RowColumns({
  position: 'integer',
  id: 'uuid',
  from_status: 'text',
  fence: 'integer',
  status: 'text',
  spent: 'integer',
  due_at: 'float8',
  hints: 'json',
  dispatch_model: 'text',
  body: 'text',
  error: 'json',
  usage: 'json',
  outcome: 'text',
  model: 'text',
  deployment: 'text',
  http_status: 'integer',
  attempt_error: 'text',
  started_at: 'float8',
  finished_at: 'float8',
  attempt_usage: 'json',
  cost_usd: 'float8',
})

/**
 * The attempt is kept even when the job has gone on without it; one that the
 * dispatcher had written off as lost is completed with what really happened.
 * `IS TRUE` keeps the planner from making a join, which no index would cover.
 */
export const SETTLE: Statement = {
  name: 'job-settle',
  text: `WITH input AS (
    SELECT * FROM ${SETTLE_COLUMNS.recordset(2)}
  ), ended AS (
    UPDATE jobs j SET
      status = i.status,
      fence = j.fence + CASE i.status WHEN 'running' THEN 1 ELSE 0 END,
      failures = j.failures + i.spent,
      due_at = coalesce(to_timestamp(i.due_at / 1000), j.due_at),
      hints = coalesce(i.hints, j.hints),
      dispatch_model = coalesce(i.dispatch_model, j.dispatch_model),
      finished_at = CASE WHEN i.status IN ('succeeded', 'failed', 'cancelled', 'expired')
        THEN to_timestamp($1::float8 / 1000) END,
      ended_xid = CASE WHEN i.status IN ('succeeded', 'failed', 'cancelled', 'expired')
        THEN ${ENDING_XID} END,
      lease_owner = CASE i.status WHEN 'running' THEN j.lease_owner END,
      lease_expires_at = CASE i.status WHEN 'running' THEN j.lease_expires_at END,
      error = i.error,
      usage = i.usage,
      cost_usd = CASE WHEN i.cost_usd IS NULL THEN j.cost_usd
        ELSE coalesce(j.cost_usd, 0) + i.cost_usd END
    FROM input i
    WHERE j.id = i.id AND j.status = i.from_status AND (i.fence IS NULL OR j.fence = i.fence)
    RETURNING ${ENDED_COLUMNS}, i.position, i.body, i.usage, i.cost_usd AS call_cost
  ), ${eventsOfEnded('$1')},
  ${countsOfEnded({ usage: 'e.usage', costUsd: 'e.call_cost' })},
  responses AS (
    INSERT INTO job_bodies (job_id, kind, body)
    SELECT id, 'response', body FROM ended WHERE body IS NOT NULL
  ), kept AS (
    INSERT INTO attempts (job_id, number, model, deployment, outcome, http_status, error,
      started_at, finished_at, usage, cost_usd)
    SELECT id, fence, model, deployment, outcome, http_status, attempt_error,
      to_timestamp(started_at / 1000), to_timestamp(finished_at / 1000), attempt_usage, cost_usd
    FROM input WHERE outcome IS NOT NULL
    ON CONFLICT (job_id, number) DO UPDATE SET
      outcome = excluded.outcome, http_status = excluded.http_status, error = excluded.error,
      model = excluded.model, deployment = excluded.deployment,
      started_at = excluded.started_at, finished_at = excluded.finished_at,
      usage = excluded.usage, cost_usd = excluded.cost_usd
      WHERE attempts.outcome = 'lost'
    RETURNING job_id, number
  ), zombies AS (
    UPDATE jobs j SET cost_usd = coalesce(j.cost_usd, 0) + i.cost_usd
    FROM input i
    WHERE j.id = i.id AND i.cost_usd IS NOT NULL
      AND i.position NOT IN (SELECT position FROM ended)
      AND ((i.id, i.fence) IN (SELECT job_id, number FROM kept)) IS TRUE
    RETURNING j.batch_id, i.model, '' AS status, i.cost_usd AS call_cost
  ), ${countsOfEnded({ usage: 'NULL::json', costUsd: 'e.call_cost' }, 'zombies')}
  SELECT e.position, ${WANTS_EVENT} AS event_written FROM ended e`,
}

export const SETTLED_BEFORE: Statement = {
  name: 'job-settled-before',
  text: `SELECT j.id FROM jobs j JOIN attempts a ON a.job_id = j.id AND a.number = $2::integer
    WHERE j.id = $1::uuid AND a.job_id = $1::uuid AND j.status = $3
      AND j.fence = $2::integer + CASE $3 WHEN 'running' THEN 1 ELSE 0 END
      AND a.outcome = $4 AND a.finished_at = to_timestamp($5::float8 / 1000)`,
}

export const CANCEL: Statement = {
  name: 'job-cancel',
  text: `WITH ended AS (
    UPDATE jobs j SET status = 'cancelled', finished_at = to_timestamp($3::float8 / 1000),
      ended_xid = ${ENDING_XID}, error = $4::json, lease_owner = NULL, lease_expires_at = NULL
    WHERE j.id = $1::uuid AND j.tenant_id = $2::uuid AND j.status IN ('pending', 'queued', 'running')
    RETURNING ${ENDED_COLUMNS}
  ), ${eventsOfEnded('$3')}, ${COUNTS_WITHOUT_CALL}
  SELECT status FROM ended`,
}

export const STATUS_OF: Statement = {
  name: 'job-status',
  text: 'SELECT status FROM jobs WHERE id = $1::uuid AND tenant_id = $2::uuid',
}
