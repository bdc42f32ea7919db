import { setTimeout as delay } from 'node:timers/promises'
import { Agent, errors, request } from 'undici'
import { AnswerLog } from './answer-log.ts'
import type { Receipts } from './receipts.ts'

export interface LoadOptions {
  /** Of one ingress, or of several, which take turns. */
  url: string | readonly string[]
  apiKey: string
  jobs: number
  receipts: Receipts
  /** Begins markers and idempotency keys: loads on one Longhaul differ in it. Default `job`. */
  name?: string
  /** What every job has beside prompt, webhook and marker. */
  fields?: object
  /** Jobs that are begun per second, at most; default: as fast as they are taken. */
  perSecond?: number
  /** The model that the job is pinned to; undefined: `auto`. */
  modelOf?: (index: number) => string | undefined
  /** Requests of submitters under way at a time. */
  submitters?: number
  /** Pollers that read jobs, and submit one over and over, all the while. */
  readers?: number
  /** Codes of a 503 that clients may be answered; default: that Postgres is away. */
  excuses?: readonly string[]
}

interface Unit {
  key: string
  first: number
  count: number
}

/** Each cycle: one bulk request and some single ones, half of the jobs each. */
const BULK = 20
const SINGLES = 20
const RETRY_MS = 50
/** Without an answer for so long, a request has hung. */
const HANG_MS = 15_000
/** Jobs that are accepted and not yet delivered at a time: submitting goes on for as long as the kills. */
const SMALLEST_BACKLOG = 400

export function markerOf(index: number, name = 'job'): string {
  return `${name}-${String(index).padStart(6, '0')}`
}

/**
 * Clients that submit numbered jobs, singly and in bulk, and do not give up:
 * what is refused, reset or answered with 503 is sent again under the same
 * Idempotency-Key until it is answered with 202.
 */
export class Load {
  readonly answers: AnswerLog
  /** By id of a job that was answered with 202: its marker. */
  readonly accepted = new Map<string, string>()
  readonly #options: LoadOptions
  readonly #agent = new Agent({ connections: 64, headersTimeout: HANG_MS, bodyTimeout: HANG_MS })
  readonly #units: Iterator<Unit>
  readonly #urls: readonly string[]
  readonly #name: string
  #requests = 0
  #begun = 0
  #begunAt = 0
  #waiting: Array<{ count: number; resolve: () => void }> = []
  #done = false

  constructor(options: LoadOptions) {
    this.#options = options
    this.answers = new AnswerLog(options.excuses ?? ['store_unavailable'])
    this.#name = options.name ?? 'job'
    this.#urls = [options.url].flat()
    this.#units = units(options.jobs)
  }

  /** Resolves when every job was accepted. @throws {Error} an answer that no client can act on */
  async run(): Promise<void> {
    const { submitters = 16, readers = 0 } = this.#options
    this.#begunAt = performance.now()
    const reading = Array.from({ length: readers }, () => this.#read())
    try {
      await Promise.all(Array.from({ length: submitters }, () => this.#submitAll()))
    } finally {
      this.#done = true
      await Promise.all(reading)
    }
  }

  /** Resolves once so many jobs were accepted. */
  reached(count: number): Promise<void> {
    if (this.accepted.size >= count) return Promise.resolve()
    return new Promise(resolve => this.#waiting.push({ count, resolve }))
  }

  async close(): Promise<void> {
    this.#done = true
    await this.#agent.destroy()
  }

  async #submitAll(): Promise<void> {
    for (let next = this.#units.next(); !next.done; next = this.#units.next()) {
      await this.#untilRoom()
      await this.#untilTurn(next.value)
      while (!this.#done && !(await this.#submit(next.value))) await delay(RETRY_MS)
    }
  }

  async #untilRoom(): Promise<void> {
    const { receipts, jobs } = this.#options
    const most = Math.max(SMALLEST_BACKLOG, jobs / 10)
    const hasRoom = () => this.#done || this.accepted.size - receipts.delivered.size < most
    while (!hasRoom()) await receipts.until(hasRoom, HANG_MS)
  }

  async #untilTurn({ count }: Unit): Promise<void> {
    const { perSecond } = this.#options
    if (perSecond === undefined) return
    const dueAt = this.#begunAt + (this.#begun / perSecond) * 1_000
    this.#begun += count
    await delay(Math.max(0, dueAt - performance.now()))
  }

  /** @returns whether all of it is accepted */
  async #submit(unit: Unit): Promise<boolean> {
    const jobs = Array.from({ length: unit.count }, (_, index) => this.#job(unit.first + index))
    const bulk = unit.count > 1
    const answer = await this.#send('POST', bulk ? '/v1/jobs/bulk' : '/v1/jobs', {
      'idempotency-key': `${this.#name}-${unit.key}`,
      body: JSON.stringify(bulk ? { jobs } : jobs[0]),
    })
    if (answer?.status !== 202) return false
    const items = (bulk ? (answer.body as { data: unknown[] }).data : [answer.body]) as Array<{
      id?: string
      error?: { code: string }
    }>
    for (const [index, item] of items.entries()) {
      if (item.id) this.accepted.set(item.id, markerOf(unit.first + index, this.#name))
      else this.answers.checkItem(item.error?.code)
    }
    this.#wake()
    return items.every(({ id }) => id !== undefined)
  }

  #job(index: number): object {
    const { modelOf, receipts, fields } = this.#options
    const model = modelOf?.(index)
    const marker = markerOf(index, this.#name)
    return {
      ...fields,
      body: {
        ...(model && { model }),
        messages: [{ role: 'user', content: `[[${marker}]] What is ${index} × ${index + 1}?` }],
      },
      webhook: { url: receipts.url },
      metadata: { marker },
    }
  }

  async #read(): Promise<void> {
    while (!this.#done) {
      const ids = [...this.accepted.keys()].slice(-50)
      const id = ids[Math.floor(Math.random() * ids.length)]
      const answer = await this.#send('GET', id ? `/v1/jobs/${id}` : '/v1/jobs?limit=5')
      // The first that was submitted alone: under its key it stays the same job.
      await this.#submit({ key: `single-${BULK}`, first: BULK, count: 1 })
      await delay(answer?.status === 200 ? 5 : RETRY_MS)
    }
  }

  /** @returns undefined when the connection was refused or broken: the plug was pulled */
  async #send(
    method: 'GET' | 'POST',
    path: string,
    extra: { body?: string; 'idempotency-key'?: string } = {},
  ): Promise<{ status: number; body: unknown } | undefined> {
    const { apiKey } = this.#options
    const url = this.#urls[this.#requests++ % this.#urls.length]
    const startedAt = performance.now()
    try {
      const key = extra['idempotency-key']
      const response = await request(`${url}${path}`, {
        method,
        dispatcher: this.#agent,
        headers: {
          authorization: `Bearer ${apiKey}`,
          'content-type': 'application/json',
          ...(key && { 'idempotency-key': key }),
        },
        ...(extra.body && { body: extra.body }),
      })
      const { statusCode: status, headers } = response
      const body = JSON.parse(await response.body.text()) as unknown
      this.answers.record(method, status, headers, body, performance.now() - startedAt)
      return { status, body }
    } catch (error) {
      if (!this.#done) this.answers.recordBroken()
      if (error instanceof errors.HeadersTimeoutError || error instanceof SyntaxError) throw error
      return undefined
    }
  }

  #wake(): void {
    this.#waiting = this.#waiting.filter(({ count, resolve }) => {
      if (this.accepted.size < count) return true
      resolve()
      return false
    })
  }
}

function* units(jobs: number): Generator<Unit> {
  for (let first = 0; first < jobs; ) {
    const count = Math.min(BULK, jobs - first)
    yield { key: `bulk-${first}`, first, count }
    first += count
    for (let single = 0; single < SINGLES && first < jobs; single += 1) {
      yield { key: `single-${first}`, first, count: 1 }
      first += 1
    }
  }
}
