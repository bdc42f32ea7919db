import type { Clock } from '@longhaul/contracts'
import { OwnNotes } from '../own-notes.ts'
import type { Notes } from '../port.ts'

export interface SharedNotesDependencies {
  clock: Clock
  /** Whether Redis can be asked now. */
  shared: () => boolean
  /** Something waits to be told. */
  request: () => void
  /** The text of a key; rejects within a bounded time when Redis does not answer. */
  ask: (key: string) => Promise<string | null>
}

/** What waits while a flush hangs; what is above stays with this process. */
const MOST_WAITING = 10_000

/** Told to Redis with the next flush, asked for there by whoever wants one, and kept here for when it is away. */
export class SharedNotes implements Notes {
  readonly #dependencies: SharedNotesDependencies
  readonly #own: OwnNotes
  #waiting = new Map<string, { text: string; keepMs: number }>()

  constructor(dependencies: SharedNotesDependencies) {
    this.#dependencies = dependencies
    this.#own = new OwnNotes(dependencies.clock)
  }

  put(key: string, text: string, keepMs: number): void {
    this.#own.put(key, text, keepMs)
    if (!this.#dependencies.shared() || this.#waiting.size >= MOST_WAITING) return
    this.#waiting.set(key, { text, keepMs })
    this.#dependencies.request()
  }

  async get(key: string): Promise<string | undefined> {
    const own = this.#own.read(key)
    if (!this.#dependencies.shared() || this.#waiting.has(key)) return own
    try {
      return (await this.#dependencies.ask(key)) ?? own
    } catch {
      return own
    }
  }

  /** Takes what waits. */
  drain(): Array<[key: string, note: { text: string; keepMs: number }]> {
    const waiting = this.#waiting
    this.forgetWaiting()
    return [...waiting]
  }

  forgetWaiting(): void {
    this.#waiting = new Map()
  }
}
