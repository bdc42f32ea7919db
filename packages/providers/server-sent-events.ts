/**
 * The `data:` payloads of an event stream, as the HTML standard parses it:
 * lines end with CR, LF or CRLF, wherever a chunk is cut; comments and other
 * fields are skipped; several `data` lines of one event are joined by newlines.
 */
export class EventStreamParser {
  readonly #receive: (payload: string) => void
  #rest = ''
  /** Where the unread part of `#rest` has no line end yet. */
  #searched = 0
  #afterCr = false
  #started = false
  #payload: string | undefined

  constructor(receive: (payload: string) => void) {
    this.#receive = receive
  }

  push(text: string): void {
    if (text === '') return
    let chunk = text
    if (!this.#started) {
      this.#started = true
      if (chunk.charCodeAt(0) === BYTE_ORDER_MARK) chunk = chunk.slice(1)
    }
    // The LF of a CRLF that was cut in two.
    if (this.#afterCr && chunk.charCodeAt(0) === LF) chunk = chunk.slice(1)
    this.#afterCr = text.charCodeAt(text.length - 1) === CR
    this.#rest += chunk
    this.#readLines()
  }

  /** The stream is over. A last event without its blank line counts: many servers leave it out. */
  end(): void {
    if (this.#rest !== '') this.#line(this.#rest)
    this.#rest = ''
    this.#dispatch()
  }

  #readLines(): void {
    const text = this.#rest
    let start = 0
    let lf = text.indexOf('\n', this.#searched)
    let cr = text.indexOf('\r', this.#searched)
    while (lf !== -1 || cr !== -1) {
      const end = lf === -1 || (cr !== -1 && cr < lf) ? cr : lf
      this.#line(text.slice(start, end))
      start = end === cr && lf === cr + 1 ? end + 2 : end + 1
      if (lf !== -1 && lf < start) lf = text.indexOf('\n', start)
      if (cr !== -1 && cr < start) cr = text.indexOf('\r', start)
    }
    this.#rest = text.slice(start)
    this.#searched = this.#rest.length
  }

  #line(line: string): void {
    if (line === '') {
      this.#dispatch()
    } else if (line.startsWith('data:')) {
      const value = line.slice(line.charCodeAt(5) === SPACE ? 6 : 5)
      this.#payload = this.#payload === undefined ? value : `${this.#payload}\n${value}`
    } else if (line === 'data') {
      this.#payload = this.#payload === undefined ? '' : `${this.#payload}\n`
    }
  }

  #dispatch(): void {
    const payload = this.#payload
    this.#payload = undefined
    if (payload !== undefined && payload !== '') this.#receive(payload)
  }
}

const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20
const BYTE_ORDER_MARK = 0xfeff
