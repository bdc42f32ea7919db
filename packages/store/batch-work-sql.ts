import { NIL_UUID } from '@longhaul/contracts'
import type { Statement } from './database.ts'
import { COUNTS_WITHOUT_CALL, ENDED_COLUMNS, ENDING_XID, eventsOfEnded } from './outbox-sql.ts'
import { RowColumns } from './row-columns.ts'

const at = (parameter: string) => `to_timestamp(${parameter}::float8 / 1000)`
const ms = (column: string) => `date_part('epoch', ${column}) * 1000`

/** Whether lines of a validated batch have not ended: counts are exact, and few, where jobs are many. */
const HAS_UNFINISHED = (batch: string) =>
  `${batch}.total > (
      SELECT coalesce(sum(c.succeeded + c.failed + c.cancelled + c.expired), 0)
      FROM batch_counts c WHERE c.batch_id = ${batch}.id)`

/** The outbox event of the row `e` of `ended(id, tenant_id, status, webhook_url, webhook_events)`; `job_id` holds the batch. */
const EVENT_OF_BATCH = (now: string) => `events AS (
    INSERT INTO webhook_events (id, tenant_id, job_id, type, url, created_at, due_at)
    SELECT uuid_v7(${now}::float8::bigint), e.tenant_id, e.id, 'batch.' || e.status, e.webhook_url,
      ${at(now)}, ${at(now)}
    FROM ended e WHERE ${WANTS_BATCH_EVENT}
  )`

const WANTS_BATCH_EVENT = `e.webhook_url IS NOT NULL
      AND (e.webhook_events IS NULL OR 'batch.' || e.status = ANY (e.webhook_events))`

const IS_OPEN = "status IN ('validating', 'in_progress', 'finalizing', 'cancelling')"

export const ANY_OPEN: Statement = {
  name: 'batch-any-open',
  text: `SELECT 1 FROM batches WHERE ${IS_OPEN} LIMIT 1`,
}

export const CLAIM: Statement = {
  name: 'batch-claim',
  text: `UPDATE batches b SET lease_owner = $2, lease_expires_at = ${at('$3')},
      status = CASE b.status WHEN 'in_progress' THEN 'finalizing' ELSE b.status END,
      finalizing_at = CASE b.status WHEN 'in_progress' THEN ${at('$1')} ELSE b.finalizing_at END
    WHERE b.id IN (
      SELECT o.id FROM batches o
      WHERE o.${IS_OPEN}
        AND (o.status = 'cancelling' OR $5::boolean)
        AND (o.lease_expires_at IS NULL OR o.lease_expires_at <= ${at('$1')})
        AND (o.status <> 'in_progress' OR NOT ${HAS_UNFINISHED('o')})
      ORDER BY o.id LIMIT $4 FOR UPDATE SKIP LOCKED)
    RETURNING b.id, b.tenant_id, b.status, b.endpoint, b.input_file_id, b.output_expires_seconds,
      ${ms('b.created_at')} AS created_at, ${ms('b.expires_at')} AS expires_at, b.total,
      b.recorded_lines, b.in_progress_at IS NOT NULL AS begun`,
}

export const RENEW: Statement = {
  name: 'batch-renew',
  text: `UPDATE batches SET lease_expires_at = ${at('$3')}
    WHERE id = $1::uuid AND lease_owner = $2 RETURNING 1`,
}

export const RELEASE: Statement = {
  name: 'batch-release',
  text: `UPDATE batches SET lease_owner = NULL, lease_expires_at = NULL
    WHERE id = $1::uuid AND lease_owner = $2`,
}

export const RELEASE_ALL: Statement = {
  name: 'batch-release-all',
  text: `UPDATE batches SET lease_owner = NULL, lease_expires_at = NULL
    WHERE ${IS_OPEN} AND lease_owner = $1`,
}

export const VALIDATED: Statement = {
  name: 'batch-validated',
  text: `UPDATE batches SET total = $3::integer, estimated_cost_usd = $4::float8
    WHERE id = $1::uuid AND lease_owner = $2 AND status = 'validating' RETURNING 1`,
}

export const FAIL: Statement = {
  name: 'batch-fail',
  text: `WITH ended AS (
    UPDATE batches b SET status = 'failed', failed_at = ${at('$3')}, faults = $4::json, total = 0,
      lease_owner = NULL, lease_expires_at = NULL
    WHERE b.id = $1::uuid AND b.lease_owner = $2 AND b.status = 'validating'
    RETURNING b.id, b.tenant_id, b.status, b.webhook_url, b.webhook_events
  ), ${EVENT_OF_BATCH('$3')}
  SELECT ${WANTS_BATCH_EVENT} AS event_written FROM ended e`,
}

export const LINE_COLUMNS = new RowColumns({
  line: 'integer',
  custom_id: 'text',
  id: 'uuid',
  requested_model: 'text',
  policy: 'text',
  options: 'json',
  body: 'text',
  body_bytes: 'integer',
})

/** Due in the order of the file. */
export const RECORD_LINES: Statement = {
  name: 'batch-record-lines',
  text: `WITH mine AS (
    UPDATE batches SET recorded_lines = $4::integer
    WHERE id = $1::uuid AND lease_owner = $2 AND status = 'validating'
      AND recorded_lines = $3::integer
    RETURNING id
  ), input AS (
    SELECT * FROM ${LINE_COLUMNS.recordset(9)}
    WHERE EXISTS (SELECT 1 FROM mine)
  ), lines AS (
    INSERT INTO batch_lines (batch_id, line, custom_id, job_id)
    SELECT $1::uuid, line, custom_id, id FROM input
  ), bodies AS (
    INSERT INTO job_bodies (job_id, kind, body) SELECT id, 'request', body FROM input
  ), made AS (
    INSERT INTO jobs (id, tenant_id, status, endpoint, lane, policy, requested_model,
      options, dispatch_model, due_at, deadline, created_at, body_bytes, batch_id,
      batch_line)
    SELECT id, $5::uuid, 'pending', $6, 'bulk', policy, requested_model, options,
      coalesce(requested_model, ''), to_timestamp($7::float8 / 1000 - 1 + line * 1e-6),
      ${at('$8')}, ${at('$7')}, body_bytes, $1::uuid, line
    FROM input
  )
  SELECT 1 FROM mine`,
}

export const BEGIN: Statement = {
  name: 'batch-begin',
  text: `UPDATE batches SET status = 'in_progress', in_progress_at = ${at('$3')},
      lease_owner = NULL, lease_expires_at = NULL
    WHERE id = $1::uuid AND lease_owner = $2 AND status = 'validating'
    RETURNING 1`,
}

/** The models for which bulk work of the tenant `$5` is held, found by a loose index scan; the last row is NULL. */
const HELD_MODELS = `held_models AS (
    (SELECT j.dispatch_model AS name FROM jobs j
     WHERE j.phase = 0 AND j.lane = 'bulk' AND j.tenant_id = $5::uuid
     ORDER BY j.dispatch_model LIMIT 1)
    UNION ALL
    SELECT (SELECT j.dispatch_model FROM jobs j
      WHERE j.phase = 0 AND j.lane = 'bulk' AND j.tenant_id = $5::uuid AND j.dispatch_model > m.name
      ORDER BY j.dispatch_model LIMIT 1)
    FROM held_models m WHERE m.name IS NOT NULL
  )`

/** Found by the indexes of the queue: one of its own would be written with every step of every line. */
export const CANCEL_LINES: Statement = {
  name: 'batch-cancel-lines',
  text: `WITH RECURSIVE ${HELD_MODELS}, out AS (
    SELECT j.id, j.status = 'running' AS running FROM jobs j
    WHERE j.phase = 1 AND j.lane = 'bulk' AND j.tenant_id = $5::uuid
      AND j.batch_id = $1::uuid AND j.id > $1::uuid
    LIMIT $2 FOR UPDATE SKIP LOCKED
  ), held AS (
    SELECT j.id, false AS running FROM held_models m CROSS JOIN LATERAL (
      SELECT h.id FROM jobs h
      WHERE h.phase = 0 AND h.lane = 'bulk' AND h.tenant_id = $5::uuid AND h.dispatch_model = m.name
        AND coalesce(h.batch_id, '${NIL_UUID}'::uuid) = $1::uuid AND h.id > $1::uuid
      LIMIT $2 FOR UPDATE SKIP LOCKED
    ) j
    LIMIT $2 - (SELECT count(*) FROM out)
  ), picked AS (
    SELECT * FROM out UNION ALL SELECT * FROM held
  ), ended AS (
    UPDATE jobs j SET status = 'cancelled', finished_at = ${at('$3')}, ended_xid = ${ENDING_XID},
      error = $4::json, lease_owner = NULL, lease_expires_at = NULL
    WHERE j.id = ANY (ARRAY(SELECT id FROM picked))
    RETURNING ${ENDED_COLUMNS}
  ), ${eventsOfEnded('$3')}, ${COUNTS_WITHOUT_CALL}
  SELECT id, running FROM picked`,
}

/** From the last one back, so that what is recorded is always a beginning of the file. */
export const DROP_LINES: Statement = {
  name: 'batch-drop-lines',
  text: `WITH gone AS (
    DELETE FROM batch_lines WHERE (batch_id, line) IN (
      SELECT batch_id, line FROM batch_lines WHERE batch_id = $1::uuid
      ORDER BY line DESC LIMIT $2)
    RETURNING job_id, line
  ), told AS (
    UPDATE batches SET recorded_lines = (SELECT min(line) - 1 FROM gone)
    WHERE id = $1::uuid AND EXISTS (SELECT 1 FROM gone)
  ), bodies AS (
    DELETE FROM job_bodies WHERE job_id = ANY (ARRAY(SELECT job_id FROM gone))
  ), dropped AS (
    DELETE FROM jobs WHERE id = ANY (ARRAY(SELECT job_id FROM gone))
  )
  SELECT 1 FROM gone`,
}

export const UNFINISHED: Statement = {
  name: 'batch-unfinished',
  text: `SELECT 1 FROM batches b WHERE b.id = $1::uuid AND ${HAS_UNFINISHED('b')}`,
}

export const ENDED: Statement = {
  name: 'batch-ended',
  text: `SELECT coalesce(sum(succeeded), 0)::integer AS succeeded,
      coalesce(sum(failed + cancelled + expired), 0)::integer AS others
    FROM batch_counts WHERE batch_id = $1::uuid`,
}

export const FINISH: Statement = {
  name: 'batch-finish',
  text: `WITH ended AS (
    UPDATE batches b SET
      status = s.status,
      completed_at = CASE s.status WHEN 'completed' THEN ${at('$3')} END,
      expired_at = CASE s.status WHEN 'expired' THEN ${at('$3')} END,
      cancelled_at = CASE s.status WHEN 'cancelled' THEN ${at('$3')} END,
      total = coalesce(CASE WHEN b.in_progress_at IS NOT NULL THEN b.total END, 0),
      output_file_id = $4::uuid, error_file_id = $6::uuid,
      lease_owner = NULL, lease_expires_at = NULL
    FROM (SELECT CASE
        WHEN o.status = 'cancelling' THEN 'cancelled'
        WHEN EXISTS (SELECT 1 FROM batch_counts c WHERE c.batch_id = o.id AND c.expired > 0)
          THEN 'expired'
        ELSE 'completed' END AS status
      FROM batches o WHERE o.id = $1::uuid) s
    WHERE b.id = $1::uuid AND b.lease_owner = $2 AND b.status IN ('finalizing', 'cancelling')
    RETURNING b.id, b.tenant_id, b.status, b.webhook_url, b.webhook_events
  ), shown AS (
    UPDATE files f SET status = 'processed', expires_at = ${at('$8')},
      bytes = CASE f.id WHEN $4::uuid THEN $5::bigint ELSE $7::bigint END
    FROM ended e WHERE f.id IN ($4::uuid, $6::uuid) AND f.status = 'uploading'
  ), ${EVENT_OF_BATCH('$3')}
  SELECT e.status, ${WANTS_BATCH_EVENT} AS event_written FROM ended e`,
}

export const TERMS: Statement = {
  name: 'batch-terms',
  text: `SELECT id, priority, status = 'in_progress' AND NOT paused AS open
    FROM batches WHERE id = ANY ($1::uuid[])`,
}

/** A mean over some 15 s; the counts are read as of the same moment. */
export const RATE: Statement = {
  name: 'batch-rate',
  text: `WITH seen AS (
    SELECT b.id, c.loose, c.ended,
      greatest(0.001, $1::float8 / 1000 - date_part('epoch', coalesce(b.rated_at, b.in_progress_at))) AS seconds
    FROM batches b CROSS JOIN LATERAL (
      SELECT count(*)::integer AS loose,
        coalesce(sum(succeeded + failed + cancelled + expired), 0)::integer AS ended
      FROM batch_counts WHERE batch_id = b.id) c
    WHERE b.status = 'in_progress'
  ), rated AS (
    UPDATE batches b SET
      line_rate = b.line_rate + CASE WHEN b.rated_lines = 0 THEN 1 ELSE 1 - exp(-s.seconds / 15) END
        * ((s.ended - b.rated_lines) / s.seconds - b.line_rate),
      rated_lines = s.ended, rated_at = ${at('$1')}
    FROM seen s
    WHERE b.id = s.id AND b.status = 'in_progress' AND s.seconds >= 0.5
      AND (s.ended <> b.rated_lines OR b.line_rate > 0.001)
  )
  SELECT id, loose FROM seen`,
}

export const ADD_UP: Statement = {
  name: 'batch-add-up',
  text: `WITH gone AS (
    DELETE FROM batch_counts WHERE batch_id = $1::uuid RETURNING *
  )
  INSERT INTO batch_counts
  SELECT batch_id, model, sum(succeeded), sum(failed), sum(cancelled), sum(expired),
    sum(input_tokens), sum(cached_input_tokens), sum(output_tokens), sum(reasoning_tokens),
    sum(total_tokens), sum(cost_usd)
  FROM gone GROUP BY batch_id, model`,
}
