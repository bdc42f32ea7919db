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
export const ENDED_COLUMNS = 'j.id, j.tenant_id, j.status, j.webhook_url, j.webhook_events'
