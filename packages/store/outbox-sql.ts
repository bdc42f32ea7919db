/**
 * The end of every statement that may end jobs: writes the outbox event of each
 * row of the CTE `ended(id, tenant_id, status, webhook_url, webhook_events)`
 * whose caller wants one, in the same transaction. `$now` is the parameter that
 * holds the time in epoch milliseconds.
 */
export function eventsOfEnded(now: string): string {
  return `events AS (
    INSERT INTO webhook_events (id, tenant_id, job_id, type, url, created_at, due_at)
    SELECT uuid_v7(${now}::float8::bigint), e.tenant_id, e.id, 'job.' || e.status, e.webhook_url,
      to_timestamp(${now}::float8 / 1000), to_timestamp(${now}::float8 / 1000)
    FROM ended e WHERE ${WANTS_EVENT}
  )`
}

/** Whether a row `e` of `ended` gets an event. */
export const WANTS_EVENT = `e.webhook_url IS NOT NULL
      AND e.status IN ('succeeded', 'failed', 'cancelled', 'expired')
      AND (e.webhook_events IS NULL OR 'job.' || e.status = ANY (e.webhook_events))`

/** The columns that `ended` must return from an UPDATE of `jobs j`. */
export const ENDED_COLUMNS =
  'j.id, j.tenant_id, j.status, j.webhook_url, j.webhook_events, j.batch_id, j.model'

/** What such an UPDATE sets in `ended_xid` when it ends a line of a batch. */
export const ENDING_XID = 'CASE WHEN j.batch_id IS NOT NULL THEN pg_current_xact_id() END'

/**
 * Counts the rows of `ended` that are lines of a batch, or the cost of late
 * calls (`zombies`), in the same transaction: one row per batch and model, so
 * that jobs without a batch cost nothing and those of one batch do not wait for
 * one another.
 */
export function countsOfEnded(
  columns: { usage: string; costUsd: string },
  rows: 'ended' | 'zombies' = 'ended',
): string {
  const ofStatus = (status: string) => `(count(*) FILTER (WHERE e.status = '${status}'))::integer`
  const tokens = (name: string) => `coalesce(sum((${columns.usage}->>'${name}')::bigint), 0)`
  return `counted_${rows} AS (
    INSERT INTO batch_counts (batch_id, model, succeeded, failed, cancelled, expired, input_tokens,
      cached_input_tokens, output_tokens, reasoning_tokens, total_tokens, cost_usd)
    SELECT e.batch_id, coalesce(e.model, ''), ${ofStatus('succeeded')}, ${ofStatus('failed')},
      ${ofStatus('cancelled')}, ${ofStatus('expired')}, ${tokens('input_tokens')},
      ${tokens('cached_input_tokens')}, ${tokens('output_tokens')}, ${tokens('reasoning_tokens')},
      ${tokens('total_tokens')}, coalesce(sum(${columns.costUsd}), 0)
    FROM ${rows} e
    WHERE e.batch_id IS NOT NULL
      AND (e.status IN ('succeeded', 'failed', 'cancelled', 'expired') OR ${columns.costUsd} > 0)
    GROUP BY e.batch_id, coalesce(e.model, '')
  )`
}

/** For statements that end jobs without a call. */
export const COUNTS_WITHOUT_CALL = countsOfEnded({ usage: 'NULL::json', costUsd: 'NULL::float8' })
