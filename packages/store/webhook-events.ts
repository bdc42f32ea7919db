import { type Clock, idFrom, type JobEventType, uuidOf } from '@longhaul/contracts'
import type { Database, Statement } from './database.ts'

/** An event as the courier needs it. */
export interface DueEvent {
  id: string
  tenantId: string
  jobId: string
  type: JobEventType
  url: string
  createdAt: number
  /** Deliveries tried so far. */
  attempts: number
}

/**
 * The outbox of webhook events. `due_at` is when the courier should act next;
 * handing an event to the delivery queue moves it ahead by a grace, so that an
 * event whose queue was lost falls due again. Null: delivered, or given up.
 */
export class WebhookEvents {
  readonly #database: Database
  readonly #clock: Clock

  constructor(database: Database, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  /** Takes up to `limit` due events, which fall due again after `graceMs` unless settled; the longest due first. */
  async takeDue(limit: number, graceMs: number): Promise<DueEvent[]> {
    const now = this.#clock.now()
    const rows = await this.#database.hot<EventRow>(TAKE_DUE, [now, limit, now + graceMs])
    return rows.map(eventOf)
  }

  /** When the next event falls due; undefined when none waits. */
  async nextDueAt(): Promise<number | undefined> {
    const [row] = await this.#database.hot<{ due_at: number | null }>(NEXT_DUE, [])
    return row?.due_at ?? undefined
  }
}

interface EventRow {
  id: string
  tenant_id: string
  job_id: string
  type: JobEventType
  url: string
  created_at: number
  attempts: number
}

function eventOf(row: EventRow): DueEvent {
  return {
    id: idFrom('event', row.id),
    tenantId: idFrom('tenant', row.tenant_id),
    jobId: idFrom('job', row.job_id),
    type: row.type,
    url: row.url,
    createdAt: row.created_at,
    attempts: row.attempts,
  }
}

const TAKE_DUE: Statement = {
  name: 'event-take-due',
  text: `UPDATE webhook_events w SET due_at = to_timestamp($3::float8 / 1000)
    WHERE w.id IN (
      SELECT id FROM webhook_events WHERE due_at <= to_timestamp($1::float8 / 1000)
      ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED)
    RETURNING w.id, w.tenant_id, w.job_id, w.type, w.url, w.attempts,
      extract(epoch FROM w.created_at)::float8 * 1000 AS created_at`,
}

const NEXT_DUE: Statement = {
  name: 'event-next-due',
  text: `SELECT extract(epoch FROM min(due_at))::float8 * 1000 AS due_at
    FROM webhook_events WHERE due_at IS NOT NULL`,
}

/** For callers that hold an id from outside. */
export function isEventId(id: string): boolean {
  return uuidOf('event', id) !== undefined
}
