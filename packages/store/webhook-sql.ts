import type { Statement } from './database.ts'

const ms = (column: string) => `date_part('epoch', ${column}) * 1000`
const at = (parameter: string) => `to_timestamp(${parameter}::float8 / 1000)`

const EVENT_COLUMNS = `w.id, w.job_id, w.type, w.url, w.attempts, w.last_status, w.last_error,
  ${ms('w.created_at')} AS created_at, ${ms('w.due_at')} AS due_at,
  ${ms('w.delivered_at')} AS delivered_at, ${ms('w.failed_at')} AS failed_at`

/**
 * Plans are made once, maybe while a table is empty, and then kept. So each of
 * these names the ids that it wants as an array beside any join: a plan that
 * joined by reading the whole table would still read these rows alone.
 */

/**
 * Disabled receivers cost their events, throttled ones put them off; neither
 * comes back as taken. One row at least: each tells when the next one falls due.
 */
export const TAKE_DUE: Statement = {
  name: 'event-take-due',
  text: `WITH due AS (
    SELECT id, tenant_id, url FROM webhook_events WHERE due_at <= ${at('$1')}
    ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED
  ), judged AS (
    SELECT d.id, r.disabled_at IS NOT NULL AS disabled,
      CASE WHEN r.throttled_until > ${at('$1')} THEN r.throttled_until END AS throttled_until
    FROM due d LEFT JOIN webhook_receivers r ON r.tenant_id = d.tenant_id AND r.url = d.url
  ), taken AS (
    UPDATE webhook_events w SET
      due_at = CASE WHEN NOT i.disabled THEN coalesce(i.throttled_until, ${at('$3')}) END,
      failed_at = CASE WHEN i.disabled THEN ${at('$1')} END,
      last_error = CASE WHEN i.disabled THEN 'receiver disabled' ELSE w.last_error END
    FROM judged i
    WHERE w.id = i.id AND w.id = ANY (ARRAY(SELECT id FROM due))
    RETURNING w.*, i.disabled OR i.throttled_until IS NOT NULL AS passed_over
  ), next AS (
    SELECT least(
      (SELECT min(due_at) FROM webhook_events
        WHERE due_at IS NOT NULL AND id <> ALL (ARRAY(SELECT id FROM due))),
      (SELECT min(due_at) FROM taken)) AS due_at
  )
  SELECT ${ms('n.due_at')} AS next_due_at, t.id, t.tenant_id, t.job_id, t.type, t.url, t.attempts, t.schedule_from,
    ${ms('t.created_at')} AS created_at,
    (SELECT j.metadata FROM jobs j WHERE j.id = t.job_id) AS metadata
  FROM next n LEFT JOIN taken t ON NOT t.passed_over`,
}

export const CHECK: Statement = {
  name: 'event-check',
  text: `SELECT i.position, w.due_at IS NOT NULL AND w.attempts = i.attempts AS current,
      ${ms('r.throttled_until')} AS throttled_until, r.disabled_at IS NOT NULL AS disabled
    FROM json_to_recordset($1::json) AS i(position integer, id uuid, attempts integer)
    JOIN webhook_events w ON w.id = i.id AND w.id = ANY ($2::uuid[])
    LEFT JOIN webhook_receivers r ON r.tenant_id = w.tenant_id AND r.url = w.url`,
}

/**
 * Receivers are touched only when they fail or recover. Several outcomes of one
 * receiver in one statement count as a success when any is: it does not only
 * fail.
 */
export const SETTLE: Statement = {
  name: 'event-settle',
  text: `WITH input AS (
    SELECT * FROM json_to_recordset($1::json) AS r(position integer, id uuid, attempts integer,
      kind text, due_at float8, http_status integer, error text, throttled_until float8,
      disabled_reason text)
  ), settled AS (
    UPDATE webhook_events w SET
      attempts = CASE i.kind WHEN 'postponed' THEN w.attempts
        ELSE greatest(w.attempts, i.attempts + 1) END,
      due_at = ${at('i.due_at')},
      delivered_at = CASE i.kind WHEN 'delivered' THEN ${at('$2')} END,
      failed_at = CASE i.kind WHEN 'failed' THEN ${at('$2')} END,
      last_status = CASE i.kind WHEN 'postponed' THEN w.last_status ELSE i.http_status END,
      last_error = CASE i.kind WHEN 'postponed' THEN w.last_error ELSE i.error END
    FROM input i
    WHERE w.id = i.id AND w.id = ANY ($4::uuid[]) AND (
      (w.attempts = i.attempts AND w.due_at IS NOT NULL)
      OR (i.kind = 'delivered' AND w.delivered_at IS NULL))
    RETURNING i.position, i.kind, i.throttled_until, i.disabled_reason, w.tenant_id, w.url
  ), outcomes AS (
    SELECT tenant_id, url, bool_or(kind = 'delivered') AS succeeded,
      max(throttled_until) AS throttled_until, max(disabled_reason) AS disabled_reason
    FROM settled WHERE kind <> 'postponed' GROUP BY tenant_id, url
  ), recovered AS (
    UPDATE webhook_receivers r SET failing_since = NULL
    FROM outcomes o
    WHERE r.tenant_id = o.tenant_id AND r.url = o.url AND r.failing_since IS NOT NULL
      AND o.succeeded AND o.throttled_until IS NULL AND o.disabled_reason IS NULL
  ), failing AS (
    INSERT INTO webhook_receivers AS r
      (tenant_id, url, failing_since, throttled_until, disabled_at, disabled_reason)
    SELECT tenant_id, url, CASE WHEN NOT succeeded THEN ${at('$2')} END,
      ${at('throttled_until')}, CASE WHEN disabled_reason IS NOT NULL THEN ${at('$2')} END,
      disabled_reason
    FROM outcomes
    WHERE NOT succeeded OR throttled_until IS NOT NULL OR disabled_reason IS NOT NULL
    ORDER BY tenant_id, url
    ON CONFLICT (tenant_id, url) DO UPDATE SET
      failing_since = CASE WHEN excluded.failing_since IS NOT NULL
        THEN coalesce(r.failing_since, excluded.failing_since) END,
      throttled_until = greatest(r.throttled_until, excluded.throttled_until),
      disabled_at = coalesce(r.disabled_at, excluded.disabled_at,
        CASE WHEN excluded.failing_since IS NOT NULL AND r.failing_since <= ${at('$3')}
          THEN ${at('$2')} END),
      disabled_reason = coalesce(r.disabled_reason, excluded.disabled_reason,
        CASE WHEN excluded.failing_since IS NOT NULL AND r.failing_since <= ${at('$3')}
          THEN 'only failures for 5 days' END)
    RETURNING r.tenant_id, r.url, r.disabled_at IS NOT NULL AS disabled
  )
  SELECT s.position, coalesce(f.disabled, false) AS receiver_disabled
  FROM settled s LEFT JOIN failing f USING (tenant_id, url)`,
}

export const GET = `SELECT ${EVENT_COLUMNS} FROM webhook_events w
  WHERE w.tenant_id = $1::uuid AND w.id = $2::uuid`

export const LIST = `SELECT ${EVENT_COLUMNS} FROM webhook_events w
  WHERE w.tenant_id = $1::uuid AND ($2::uuid IS NULL OR w.job_id = $2::uuid)
    AND ($3::uuid IS NULL OR w.id < $3::uuid)
  ORDER BY w.id DESC LIMIT $4`

const RESEND_NOW = (now: string) => `due_at = ${at(now)}, delivered_at = NULL, failed_at = NULL,
  schedule_from = w.attempts`

const ENABLE = `UPDATE webhook_receivers r SET
  failing_since = NULL, throttled_until = NULL, disabled_at = NULL, disabled_reason = NULL`

export const RESEND = `WITH w AS (
    UPDATE webhook_events w SET ${RESEND_NOW('$3')}
    WHERE w.tenant_id = $1::uuid AND w.id = $2::uuid
    RETURNING w.*
  ), enabled AS (
    ${ENABLE} FROM w WHERE r.tenant_id = w.tenant_id AND r.url = w.url
  )
  SELECT ${EVENT_COLUMNS} FROM w`

export const ENABLE_RECEIVER = `${ENABLE} WHERE r.tenant_id = $1::uuid AND r.url = $2`

export const RECOVER = `UPDATE webhook_events w SET ${RESEND_NOW('$4')}
  WHERE w.id IN (
    SELECT id FROM webhook_events
    WHERE tenant_id = $1::uuid AND url = $2 AND id >= $3::uuid AND failed_at IS NOT NULL
    ORDER BY id LIMIT $5 FOR UPDATE)
  RETURNING w.id`

export const RECEIVER = `SELECT r.url, r.disabled_reason, ${ms('r.failing_since')} AS failing_since,
    ${ms('r.throttled_until')} AS throttled_until, ${ms('r.disabled_at')} AS disabled_at
  FROM webhook_receivers r WHERE r.tenant_id = $1::uuid AND r.url = $2`

export const FORGET_RECEIVERS = `DELETE FROM webhook_receivers
  WHERE disabled_at IS NULL
    AND coalesce(greatest(failing_since, throttled_until), '-infinity') < ${at('$1')}
  RETURNING 1`
