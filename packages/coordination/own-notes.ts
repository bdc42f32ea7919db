import type { Clock } from '@longhaul/contracts'
import type { Notes } from './port.ts'

/** About 5 MB with short texts. */
const MOST_NOTES = 20_000

/** The notes of this process; of too many the oldest give way. */
export class OwnNotes implements Notes {
  readonly #clock: Clock
  readonly #notes = new Map<string, { text: string; keptUntil: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  put(key: string, text: string, keepMs: number): void {
    // What is put anew comes last.
    this.#notes.delete(key)
    this.#notes.set(key, { text, keptUntil: this.#clock.now() + keepMs })
    if (this.#notes.size <= MOST_NOTES) return
    for (const oldest of this.#notes.keys()) {
      this.#notes.delete(oldest)
      break
    }
  }

  async get(key: string): Promise<string | undefined> {
    return this.read(key)
  }

  read(key: string): string | undefined {
    const note = this.#notes.get(key)
    if (!note) return undefined
    if (note.keptUntil > this.#clock.now()) return note.text
    this.#notes.delete(key)
    return undefined
  }
}
