/** Counts the tokens of texts as OpenAI's vocabulary o200k does, which is near to what others count. */
export interface Tokenizer {
  /** About 15 ms for a million characters of prose; marks such as `<|endoftext|>` count as text. */
  count(text: string): number
}

/** A run without a space is cut: merging takes the square of its length. */
const LONGEST_PIECE = 64
const REMEMBERED_PIECES = 50_000
/** It, and the control characters before it, are white. */
const SPACE = 0x20

let loading: Promise<Tokenizer> | undefined

/** The same for all who ask. The first waits a third of a second for it, and it takes 20 MB from then on. */
export function loadTokenizer(): Promise<Tokenizer> {
  loading ??= import('gpt-tokenizer/encoding/o200k_base').then(
    ({ countTokens }) =>
      new PieceCounter(text => countTokens(text, { disallowedSpecial: new Set() })),
  )
  return loading
}

/**
 * Counts texts piece by piece, and remembers what pieces have: most words come
 * again. A piece is a word with the space before it, or what else is white; the
 * vocabulary has hardly a token across these.
 */
class PieceCounter implements Tokenizer {
  readonly #countPiece: (piece: string) => number
  readonly #known = new Map<string, number>()

  constructor(countPiece: (piece: string) => number) {
    this.#countPiece = countPiece
  }

  count(text: string): number {
    let tokens = 0
    for (let at = 0; at < text.length; ) {
      const word = endOf(text, at, true)
      const from = word < text.length && text[word - 1] === ' ' ? Math.max(at, word - 1) : word
      const end = endOf(text, word, false)
      if (from > at) tokens += this.#ofRun(text.slice(at, from))
      if (end > from) tokens += this.#ofRun(text.slice(from, end))
      at = end
    }
    return tokens
  }

  #ofRun(run: string): number {
    if (run.length <= LONGEST_PIECE) return this.#ofPiece(run)
    let tokens = 0
    for (let at = 0; at < run.length; at += LONGEST_PIECE) {
      tokens += this.#ofPiece(run.slice(at, at + LONGEST_PIECE))
    }
    return tokens
  }

  #ofPiece(piece: string): number {
    const known = this.#known.get(piece)
    if (known !== undefined) return known
    if (this.#known.size >= REMEMBERED_PIECES) this.#known.clear()
    const tokens = this.#countPiece(piece)
    this.#known.set(piece, tokens)
    return tokens
  }
}

/** Where it ends that characters are white, or are not. */
function endOf(text: string, from: number, white: boolean): number {
  let at = from
  while (at < text.length && text.charCodeAt(at) <= SPACE === white) at += 1
  return at
}
