export interface CoordinationLogger {
  warn(fields: object, text: string): void
  info?(fields: object, text: string): void
}

/** Receivers of one kind of news. One that throws disturbs neither the sender nor the others. */
export class Receivers<News extends unknown[]> {
  readonly #logger: CoordinationLogger
  /** Copied at each change, so that receivers may come and go while news is told. */
  #all: ReadonlyArray<{ receive: (...news: News) => void }> = []

  constructor(logger: CoordinationLogger) {
    this.#logger = logger
  }

  add(receive: (...news: News) => void): () => void {
    const receiver = { receive }
    this.#all = [...this.#all, receiver]
    return () => {
      this.#all = this.#all.filter(other => other !== receiver)
    }
  }

  tell(...news: News): void {
    for (const { receive } of this.#all) {
      try {
        receive(...news)
      } catch (error) {
        this.#logger.warn({ err: error }, 'a receiver of coordination news threw')
      }
    }
  }

  get isEmpty(): boolean {
    return this.#all.length === 0
  }

  clear(): void {
    this.#all = []
  }
}
