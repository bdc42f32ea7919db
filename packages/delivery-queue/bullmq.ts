import { sleep } from '@longhaul/contracts'
import type { DueEvent } from '@longhaul/store'
import type { Queue, QueueOptions, Worker, WorkerOptions } from 'bullmq'
import {
  attemptId,
  type DeliveryQueue,
  type DeliveryQueueOptions,
  type QueueBackend,
} from './port.ts'

/** What a store of BullMQ has to bring: constructors that know their connection. */
export interface BullmqStore {
  /** For people: `BullMQ on PostgreSQL`. */
  name: string
  openQueue(name: string, options: Omit<QueueOptions, 'connection'>): BullmqQueue
  openWorker(
    name: string,
    handle: (job: { data: DueEvent }) => Promise<void>,
    options: Omit<WorkerOptions, 'connection'>,
  ): BullmqWorker
}

/** The parts of BullMQ's classes that are used here, whatever their backend. */
export type BullmqQueue = Pick<
  Queue,
  'addBulk' | 'getWaitingCount' | 'waitUntilReady' | 'close'
> & { on(event: 'error', listener: (error: Error) => void): unknown }
export type BullmqWorker = Pick<Worker, 'waitUntilReady' | 'close' | 'disconnect' | 'isRunning'> & {
  on(event: 'error', listener: (error: Error) => void): unknown
}

const QUEUE = 'webhooks'

/** A dead courier's attempts are handed out again within 6 to 12 s. */
const LOCK_MS = 6_000
const STALLED_CHECK_MS = 3_000
/** A receiver is not to blame for couriers that die. */
const MAX_STALLED = 1_000
const RETRY_MS = 1_000
/** BullMQ's own event stream, which nobody reads. */
const EVENTS_KEPT = 100

/** One try per attempt, and nothing kept: Postgres has the schedule and the history. */
const JOB_OPTIONS = { attempts: 1, removeOnComplete: true, removeOnFail: true }

/** At most one line for the errors of so long: a server that is away makes many. */
const LOG_EVERY_MS = 10_000
const CLOSE_MS = 2_000

/** A queue on any store of BullMQ. */
export function bullmqBackend(store: BullmqStore): QueueBackend {
  return options => new BullmqDeliveryQueue(store, options)
}

/**
 * BullMQ heals most losses of its connection by itself, but not all: promises
 * of readiness stay rejected, and tables that vanished stay away. So the pair
 * of queue and worker is replaced as a whole after any call that failed; what
 * the old worker has in hand ends, and is recorded, all the same.
 */
class BullmqDeliveryQueue implements DeliveryQueue {
  readonly #store: BullmqStore
  readonly #options: DeliveryQueueOptions
  #pair: Promise<Pair> | undefined
  #fault: string | undefined = 'not started'
  #loggedAt = Number.NEGATIVE_INFINITY
  #stopping: Promise<void> | undefined

  constructor(store: BullmqStore, options: DeliveryQueueOptions) {
    this.#store = store
    this.#options = options
  }

  async start(): Promise<void> {
    await this.waiting().catch(() => {})
  }

  waiting(): Promise<number> {
    return this.#use(({ queue }) => queue.getWaitingCount())
  }

  async enqueue(events: readonly DueEvent[]): Promise<void> {
    const jobs = events.map(event => ({
      name: event.type,
      data: event,
      opts: { ...JOB_OPTIONS, jobId: attemptId(event) },
    }))
    await this.#use(({ queue }) => queue.addBulk(jobs))
  }

  health(): { ok: boolean; detail: string } {
    return this.#fault === undefined
      ? { ok: true, detail: this.#store.name }
      : { ok: false, detail: `${this.#store.name}: ${this.#fault}` }
  }

  stop(budgetMs: number): Promise<void> {
    this.#fault = 'stopped'
    this.#stopping ??= this.#pair
      ? this.#pair.then(pair => this.#close(pair, budgetMs)).catch(() => {})
      : Promise.resolve()
    return this.#stopping
  }

  async #use<T>(act: (pair: Pair) => Promise<T>): Promise<T> {
    if (this.#stopping) throw new Error('the delivery queue is stopped')
    this.#pair ??= this.#open()
    const opened = this.#pair
    try {
      const pair = await opened
      const outcome = await act(pair)
      if (!pair.worker.isRunning()) throw new Error('its worker ended')
      if (!this.#stopping) this.#fault = undefined
      return outcome
    } catch (error) {
      this.#report(error)
      this.#discard(opened)
      throw error
    }
  }

  async #open(): Promise<Pair> {
    const { concurrency, handle } = this.#options
    const onError = (error: Error) => this.#report(error)
    const queue = this.#store.openQueue(QUEUE, { streams: { events: { maxLen: EVENTS_KEPT } } })
    queue.on('error', onError)
    let worker: BullmqWorker | undefined
    try {
      await queue.waitUntilReady()
      worker = this.#store.openWorker(QUEUE, job => handle(job.data), {
        concurrency,
        lockDuration: LOCK_MS,
        stalledInterval: STALLED_CHECK_MS,
        maxStalledCount: MAX_STALLED,
        runRetryDelay: RETRY_MS,
      })
      worker.on('error', onError)
      await worker.waitUntilReady()
      return { queue, worker }
    } catch (error) {
      closeQuietly(queue, worker)
      throw error
    }
  }

  #discard(opened: Promise<Pair>): void {
    if (this.#pair !== opened) return
    this.#pair = undefined
    opened.then(({ queue, worker }) => closeQuietly(queue, worker)).catch(() => {})
  }

  /** The worker first, while its connection stands; what it then still holds is handed out again elsewhere. */
  async #close({ queue, worker }: Pair, budgetMs: number): Promise<void> {
    const { clock } = this.#options
    const patience = new AbortController()
    const closed = worker.close().then(() => patience.abort())
    await Promise.race([closed, sleep(clock, budgetMs, patience.signal)])
    if (!patience.signal.aborted) await this.#atMost(CLOSE_MS, worker.disconnect())
    await this.#atMost(CLOSE_MS, queue.close())
  }

  /** Waits no longer than that, and leaves no timer: it would hold up the process. */
  async #atMost(ms: number, ending: Promise<unknown>): Promise<void> {
    const ended = new AbortController()
    const settled = ending.finally(() => ended.abort())
    await Promise.race([settled, sleep(this.#options.clock, ms, ended.signal)])
  }

  #report(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error)
    if (!this.#stopping) this.#fault = message
    const now = this.#options.clock.now()
    if (now - this.#loggedAt < LOG_EVERY_MS) return
    this.#loggedAt = now
    this.#options.logger.warn({ err: error, queue: this.#store.name }, 'the delivery queue fails')
  }
}

interface Pair {
  queue: BullmqQueue
  worker: BullmqWorker
}

/** Connections that are broken may not close in order: nobody waits for them. */
function closeQuietly(queue: BullmqQueue, worker: BullmqWorker | undefined): void {
  worker?.close(true).catch(() => {})
  queue.close().catch(() => {})
}
