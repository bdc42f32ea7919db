import type { Clock } from '@longhaul/contracts'
import type { DueEvent } from '@longhaul/store'
import type { Logger } from '@longhaul/telemetry'

/**
 * Spreads attempts over the couriers that run at a time. It carries one attempt
 * of an event, no schedule, and may lose everything: events fall due again in
 * Postgres.
 */
export interface DeliveryQueue {
  /**
   * Begins to hand out what is enqueued, by whichever process. Resolves also
   * while the queue cannot be reached: `health` tells, and it is tried again.
   */
  start(): Promise<void>
  /** Attempts that wait for a courier. @throws when the queue cannot be reached */
  waiting(): Promise<number>
  /**
   * Adds attempts; one that is there already, waiting or under way, is not added
   * again. @throws when the queue cannot be reached; it may have taken them
   */
  enqueue(events: readonly DueEvent[]): Promise<void>
  health(): { ok: boolean; detail: string }
  /** Ends the intake at once; resolves when what is under way has ended, or after `budgetMs`. Safe to call twice. */
  stop(budgetMs: number): Promise<void>
}

export interface DeliveryQueueOptions {
  /** One attempt; never rejects. What is under way when a process dies is handed out again. */
  handle: (event: DueEvent) => Promise<void>
  /** Attempts under way at a time. */
  concurrency: number
  clock: Clock
  logger: Logger
}

/** Opens nothing yet: see `DeliveryQueue.start`. */
export type QueueBackend = (options: DeliveryQueueOptions) => DeliveryQueue

/** What makes two attempts the same. */
export function attemptId(event: Pick<DueEvent, 'id' | 'attempts'>): string {
  return `${event.id}-${event.attempts}`
}
