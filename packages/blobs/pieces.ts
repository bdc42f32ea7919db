/** Below it a part is copied together with those beside it: each that stands alone costs a message. */
const SMALL_BYTES = 16 * 1024
const GATHERED_BYTES = 64 * 1024

/**
 * The same bytes in pieces of `pieceBytes`; the last may be shorter. A piece is
 * the parts of it as they came, but for small ones, which are put together: so
 * it holds little more than its bytes, however they came.
 */
export async function* inPieces(
  source: AsyncIterable<Uint8Array>,
  pieceBytes: number,
): AsyncGenerator<Uint8Array[]> {
  let parts = new Parts()
  for await (const bytes of source) {
    let taken = 0
    while (taken < bytes.length) {
      const part = bytes.subarray(taken, taken + pieceBytes - parts.bytes)
      parts.add(part)
      taken += part.length
      if (parts.bytes === pieceBytes) {
        yield parts.all()
        parts = new Parts()
      }
    }
  }
  if (parts.bytes > 0) yield parts.all()
}

class Parts {
  readonly #parts: Uint8Array[] = []
  #gathered = Buffer.alloc(0)
  #from = 0
  #filled = 0
  bytes = 0

  add(part: Uint8Array): void {
    this.bytes += part.length
    if (part.length >= SMALL_BYTES) {
      this.#flush()
      this.#parts.push(part)
      return
    }
    if (this.#filled + part.length > this.#gathered.length) {
      this.#flush()
      this.#gathered = Buffer.allocUnsafe(GATHERED_BYTES)
      this.#from = this.#filled = 0
    }
    this.#gathered.set(part, this.#filled)
    this.#filled += part.length
  }

  all(): Uint8Array[] {
    this.#flush()
    return this.#parts
  }

  #flush(): void {
    if (this.#filled > this.#from) {
      this.#parts.push(this.#gathered.subarray(this.#from, this.#filled))
    }
    this.#from = this.#filled
  }
}
