import { NIL_UUID } from '@longhaul/contracts'
import type { Statement } from './database.ts'
import { COUNTS_WITHOUT_CALL, ENDED_COLUMNS, ENDING_XID, eventsOfEnded } from './outbox-sql.ts'

/** As the index has it. */
const batchOf = (alias: string) => `coalesce(${alias}.batch_id, '${NIL_UUID}'::uuid)`

/** A loose index scan: one probe per distinct key, however many jobs wait under it. */
const KEYS = `WITH RECURSIVE keys AS (
    (SELECT f.lane, f.tenant_id, f.dispatch_model, ${batchOf('f')} AS batch, f.due_at
     FROM jobs f WHERE f.phase = 0
     ORDER BY f.lane, f.tenant_id, f.dispatch_model, ${batchOf('f')}, f.due_at LIMIT 1)
    UNION ALL
    SELECT next.* FROM keys k CROSS JOIN LATERAL (
      SELECT j.lane, j.tenant_id, j.dispatch_model, ${batchOf('j')} AS batch, j.due_at FROM jobs j
      WHERE j.phase = 0
        AND (j.lane, j.tenant_id, j.dispatch_model, ${batchOf('j')})
          > (k.lane, k.tenant_id, k.dispatch_model, k.batch)
      ORDER BY j.lane, j.tenant_id, j.dispatch_model, ${batchOf('j')}, j.due_at LIMIT 1
    ) next
  )`

export const DUE: Statement = {
  name: 'dispatch-due',
  text: `${KEYS}
  SELECT lane, tenant_id, dispatch_model AS model, batch,
    date_part('epoch', due_at) * 1000 AS due_at,
    due_at <= to_timestamp($1::float8 / 1000) AS is_due
  FROM keys
  WHERE due_at <= to_timestamp($1::float8 / 1000)
    OR due_at = (SELECT min(due_at) FROM keys WHERE due_at > to_timestamp($1::float8 / 1000))`,
}

export const HELD: Statement = {
  name: 'dispatch-held',
  text: `SELECT lane, dispatch_model AS model, count(*)::integer AS count
    FROM jobs WHERE phase = 0 AND due_at <= to_timestamp($1::float8 / 1000)
    GROUP BY lane, dispatch_model`,
}

export const PUBLISHED: Statement = {
  name: 'dispatch-published',
  text: `SELECT lane, tenant_id, dispatch_model AS model, count(*)::integer AS count
    FROM jobs WHERE phase = 1 AND status = 'queued' GROUP BY lane, tenant_id, dispatch_model`,
}

export const RELEASE: Statement = {
  name: 'dispatch-release',
  text: `WITH due AS (
    SELECT picked.id
    FROM json_to_recordset($1::json) AS q(
      lane text, tenant_id uuid, model text, batch uuid, count integer)
    CROSS JOIN LATERAL (
      SELECT j.id FROM jobs j
      WHERE j.phase = 0 AND j.lane = q.lane AND j.tenant_id = q.tenant_id
        AND j.dispatch_model = q.model AND ${batchOf('j')} = q.batch AND j.due_at <= to_timestamp($2::float8 / 1000)
      ORDER BY j.due_at LIMIT q.count FOR UPDATE SKIP LOCKED
    ) picked
  ), released AS (
    UPDATE jobs j SET status = 'queued', dispatches = j.dispatches + 1,
      queued_at = to_timestamp($2::float8 / 1000)
    WHERE j.id = ANY (ARRAY(SELECT id FROM due))
    RETURNING j.id, j.due_at, j.tenant_id, j.endpoint, j.lane, j.policy, j.requested_model,
      j.dispatch_model, j.metadata, j.deadline, j.dispatches, j.failures, j.hints, j.options,
      j.traceparent, j.body_bytes
  )
  SELECT id, tenant_id, endpoint, lane, policy, requested_model, dispatch_model, metadata,
    date_part('epoch', deadline) * 1000 AS deadline, dispatches AS dispatch,
    failures, hints, options, traceparent, body_bytes
  FROM released ORDER BY due_at, id`,
}

const IS_STRANDED = `status = 'queued'
        AND queued_at < to_timestamp(($1::float8 - $2::float8 * 2 ^ least(dispatches - 1, 5)) / 1000)`

const LEASE_EXPIRED = `status = 'running' AND lease_expires_at < to_timestamp($1::float8 / 1000)`

const IS_OVERDUE = 'deadline <= to_timestamp($1::float8 / 1000) AND phase < 2'

/** One pass over what is on its way. */
export const STUCK: Statement = {
  name: 'dispatch-stuck',
  text: `SELECT bool_or(${LEASE_EXPIRED}) AS leases_expired, bool_or(${IS_STRANDED}) AS stranded,
      EXISTS (SELECT FROM jobs WHERE ${IS_OVERDUE}) AS overdue
    FROM jobs WHERE phase = 1`,
}

export const STRANDED: Statement = {
  name: 'dispatch-stranded',
  text: `UPDATE jobs j SET status = 'pending'
    WHERE j.id IN (
      SELECT id FROM jobs WHERE phase = 1 AND ${IS_STRANDED}
      LIMIT $3 FOR UPDATE SKIP LOCKED)
    RETURNING j.id`,
}

export const PUBLISHED_BEFORE: Statement = {
  name: 'dispatch-published-before',
  text: `UPDATE jobs j SET status = 'pending'
    WHERE j.id IN (
      SELECT id FROM jobs WHERE phase = 1 AND status = 'queued' AND queued_at <= to_timestamp($1::float8 / 1000)
      LIMIT $2 FOR UPDATE SKIP LOCKED)
    RETURNING j.id`,
}

function reclaim(name: string, which: string): Statement {
  return {
    name,
    text: `WITH ended AS (
      UPDATE jobs j SET
        status = CASE WHEN j.losses + 1 >= $3::integer THEN 'failed' ELSE 'pending' END,
        finished_at = CASE WHEN j.losses + 1 >= $3::integer THEN to_timestamp($1::float8 / 1000) END,
        error = CASE WHEN j.losses + 1 >= $3::integer THEN $4::json END,
        ended_xid = CASE WHEN j.losses + 1 >= $3::integer THEN ${ENDING_XID} END,
        losses = j.losses + 1, lease_owner = NULL, lease_expires_at = NULL
      WHERE j.id IN (
        SELECT id FROM jobs WHERE phase = 1 AND ${which} LIMIT $2 FOR UPDATE SKIP LOCKED)
      RETURNING ${ENDED_COLUMNS}, j.fence, j.started_at, j.created_at
    ), ${eventsOfEnded('$1')}, ${COUNTS_WITHOUT_CALL},
    lost AS (
      INSERT INTO attempts (job_id, number, model, deployment, outcome, error, started_at, finished_at)
      SELECT e.id, e.fence, coalesce(e.model, ''), '', 'lost',
        'the worker died, or lost its connection',
        coalesce(e.started_at, e.created_at), to_timestamp($1::float8 / 1000)
      FROM ended e
      ON CONFLICT (job_id, number) DO NOTHING
    )
    SELECT id, fence, status FROM ended`,
  }
}

export const EXPIRED_LEASES = reclaim('dispatch-expired-leases', LEASE_EXPIRED)

export const OWNED_LEASES = reclaim(
  'dispatch-owned-leases',
  "status = 'running' AND lease_owner = $5",
)

export const OVERDUE: Statement = {
  name: 'dispatch-overdue',
  text: `WITH ended AS (
    UPDATE jobs j SET status = 'expired', finished_at = to_timestamp($1::float8 / 1000),
      ended_xid = ${ENDING_XID}, error = $3::json, lease_owner = NULL, lease_expires_at = NULL
    WHERE j.id IN (
      SELECT id FROM jobs WHERE ${IS_OVERDUE}
      ORDER BY deadline LIMIT $2 FOR UPDATE SKIP LOCKED)
    RETURNING ${ENDED_COLUMNS}
  ), ${eventsOfEnded('$1')}, ${COUNTS_WITHOUT_CALL}
  SELECT id FROM ended`,
}

export const FORGET_KEYS: Statement = {
  name: 'idempotency-forget',
  text: `DELETE FROM idempotency_keys WHERE (tenant_id, key) IN (
    SELECT tenant_id, key FROM idempotency_keys
    WHERE created_at < to_timestamp($1::float8 / 1000) LIMIT $2)`,
}
