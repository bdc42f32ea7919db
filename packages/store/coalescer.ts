import {
  isRowFault,
  isTransient,
  isUnreachable,
  StoreBusyError,
  StoreUnavailableError,
  TRANSIENT_RETRIES,
} from './errors.ts'

export interface CoalescerOptions<Row> {
  /** For errors and metrics. */
  name: string
  /** Rows in one statement at most. */
  maxRows: number
  /** Bytes of rows in one statement, roughly, at most; one row alone may be larger. */
  maxBytes: number
  bytesOf: (row: Row) => number
  /** Rows that may wait; above it `submit` rejects with `StoreBusyError`. */
  maxWaiting: number
  /** Statements under way at a time. */
  concurrency: number
  observe?: (rows: number, seconds: number) => void
}

interface Waiting<Row, Out> {
  row: Row
  resolve: (out: Out) => void
  reject: (error: unknown) => void
}

/** So many rows are worth a statement beside the one under way. */
const CROWD = 50
/** After this the one under way is held up, and others do not wait for it. */
const HELD_UP_MS = 100

/**
 * Turns rows that arrive one by one into multi-row statements. It clocks
 * itself: what gathered while the last statement ran goes with the next, so an
 * idle store answers at once and a busy one pays for a statement per hundreds
 * of rows, without a timer. A second statement runs beside the first only for a
 * crowd: a statement for each of a few rows would cost more than they wait.
 *
 * Each caller gets its own row's outcome or its own error: when a statement
 * fails because of a row's data, its halves are tried apart until the row at
 * fault stands alone.
 */
export class Coalescer<Row, Out> {
  readonly #run: (rows: Row[]) => Promise<Out[]>
  readonly #options: CoalescerOptions<Row>
  #waiting: Array<Waiting<Row, Out>> = []
  #underWay = 0
  #scheduled = false
  #startedAt = 0

  /** @param run one statement; answers one outcome per row, in order */
  constructor(run: (rows: Row[]) => Promise<Out[]>, options: CoalescerOptions<Row>) {
    this.#run = run
    this.#options = options
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /**
   * @throws {StoreBusyError} too many rows wait
   * @throws {StoreUnavailableError} the server went away; the row may have been written
   */
  submit(row: Row): Promise<Out> {
    if (this.#waiting.length >= this.#options.maxWaiting) {
      return Promise.reject(new StoreBusyError(this.#options.name))
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ row, resolve, reject })
      this.#schedule()
    })
  }

  /** Rows of the same turn of the event loop go together. */
  #schedule(): void {
    if (this.#scheduled || !this.#mayBegin) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#flush()
    })
  }

  get #mayBegin(): boolean {
    if (this.#underWay === 0) return true
    if (this.#underWay >= this.#options.concurrency) return false
    return this.#waiting.length >= CROWD || performance.now() - this.#startedAt > HELD_UP_MS
  }

  #flush(): void {
    const batch = this.#take()
    if (batch.length === 0) return
    this.#underWay += 1
    const startedAt = performance.now()
    this.#startedAt = startedAt
    void this.#settle(batch, 0).then(() => {
      this.#underWay -= 1
      this.#options.observe?.(batch.length, (performance.now() - startedAt) / 1_000)
      if (this.#waiting.length > 0) this.#schedule()
    })
    if (this.#waiting.length > 0) this.#schedule()
  }

  #take(): Array<Waiting<Row, Out>> {
    const { maxRows, maxBytes, bytesOf } = this.#options
    let count = 0
    let bytes = 0
    for (const { row } of this.#waiting) {
      bytes += bytesOf(row)
      if (count > 0 && (count >= maxRows || bytes > maxBytes)) break
      count += 1
    }
    if (count === this.#waiting.length) {
      const all = this.#waiting
      this.#waiting = []
      return all
    }
    return this.#waiting.splice(0, count)
  }

  /** Never rejects: every outcome goes to its caller. */
  async #settle(batch: Array<Waiting<Row, Out>>, retries: number): Promise<void> {
    let outcomes: Out[]
    try {
      outcomes = await this.#run(batch.map(({ row }) => row))
    } catch (error) {
      return this.#recover(batch, retries, error)
    }
    for (const [index, outcome] of outcomes.entries()) batch[index]?.resolve(outcome)
  }

  async #recover(batch: Array<Waiting<Row, Out>>, retries: number, error: unknown): Promise<void> {
    if (isTransient(error) && retries < TRANSIENT_RETRIES) return this.#settle(batch, retries + 1)
    if (isRowFault(error) && batch.length > 1) {
      const half = Math.ceil(batch.length / 2)
      await this.#settle(batch.slice(0, half), retries)
      return this.#settle(batch.slice(half), retries)
    }
    const reason = isUnreachable(error) ? new StoreUnavailableError(error) : error
    for (const { reject } of batch) reject(reason)
  }
}
