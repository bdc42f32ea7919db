import type { ErrorEnvelope } from '@longhaul/contracts'

type Headers = Record<string, string | string[] | undefined>

/** What clients were answered, and what of it breaks the contract of an outage. */
export class AnswerLog {
  readonly faults: string[] = []
  /** By method and status: `POST 503`; `broken` counts connections that were refused or reset. */
  readonly counts: Record<string, number> = {}
  slowestMs = 0
  /** What a 503 may say. */
  readonly #excuses: readonly string[]
  #waiting: Array<{ what: string; resolve: () => void }> = []

  constructor(excuses: readonly string[]) {
    this.#excuses = excuses
  }

  /** Resolves at the next answer of this kind: `POST 503`. */
  next(what: string): Promise<void> {
    return new Promise(resolve => this.#waiting.push({ what, resolve }))
  }

  record(method: string, status: number, headers: Headers, body: unknown, ms: number): void {
    this.#count(`${method} ${status}`)
    this.slowestMs = Math.max(this.slowestMs, ms)
    if (status === (method === 'POST' ? 202 : 200)) return
    const { error } = body as Partial<ErrorEnvelope>
    if (status !== 503 || !this.#excuses.includes(error?.code ?? '')) {
      this.faults.push(`${method} was answered ${status}: ${JSON.stringify(body)}`)
    } else if (!/^\d+$/.test(String(headers['retry-after']))) {
      this.faults.push(`a 503 without Retry-After: ${JSON.stringify(headers)}`)
    } else if (!error?.message || !('param' in error) || error.type !== 'server_error') {
      this.faults.push(`a 503 without the envelope: ${JSON.stringify(body)}`)
    }
  }

  recordBroken(): void {
    this.#count('broken')
  }

  /** One job of a bulk request whose others were accepted. */
  checkItem(code: string | undefined): void {
    this.#count('item refused')
    if (!this.#excuses.includes(code ?? ''))
      this.faults.push(`a job of a bulk was refused: ${code}`)
  }

  #count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1
    this.#waiting = this.#waiting.filter(waiting => {
      if (waiting.what !== what) return true
      waiting.resolve()
      return false
    })
  }
}
