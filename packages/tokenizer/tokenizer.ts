/** Counts the tokens of texts as OpenAI's vocabulary o200k does, which is near to what others count. */
export interface Tokenizer {
  /** About 20 µs for 1,000 characters of prose; marks such as `<|endoftext|>` count as text. */
  count(text: string): number
}

/** A run without a space is cut: merging takes the square of its length. */
const LONGEST_PIECE = 64
const LONGEST_SENTENCE = 256
const MARK = /[!-/:-@[-`{-~]/
/** Up to three digits are one token whichever they are, and none has other characters beside them. */
const DIGIT = /[1-9]/g
const REMEMBERED = 20_000
/** It, and the control characters before it, are white. */
const SPACE = 0x20

let loading: Promise<Tokenizer> | undefined

/** The same for all who ask. The first waits a third of a second for it, and it takes 20 MB from then on. */
export function loadTokenizer(): Promise<Tokenizer> {
  loading ??= import('gpt-tokenizer/encoding/o200k_base').then(
    ({ countTokens }) =>
      new PieceCounter(text => countTokens(text, { disallowedSpecial: new Set() })),
  )
  loading.catch(() => {
    loading = undefined // the next who asks tries again
  })
  return loading
}

/**
 * Counts texts piece by piece, and remembers what pieces have: most words come
 * again. A piece is a word with the space before it, or what else is white; the
 * vocabulary has hardly a token across these.
 */
class PieceCounter implements Tokenizer {
  readonly #countPiece: (piece: string) => number
  readonly #pieces = new Map<string, number>()
  readonly #sentences = new Map<string, number>()

  constructor(countPiece: (piece: string) => number) {
    this.#countPiece = countPiece
  }

  count(counted: string): number {
    const text = counted.replace(DIGIT, '0') // what differs in numbers only is remembered once
    let tokens = 0
    for (let at = 0; at < text.length; ) {
      const stop = text.indexOf('. ', at)
      const end = stop < 0 ? text.length : stop + 1
      const sentence = text.slice(at, end)
      tokens +=
        sentence.length > LONGEST_SENTENCE ? this.#ofWords(sentence) : this.#ofSentence(sentence)
      at = end
    }
    return tokens
  }

  /** Prompts that are made by a program repeat whole sentences. */
  #ofSentence(sentence: string): number {
    return remembered(this.#sentences, sentence, () => this.#ofWords(sentence))
  }

  #ofWords(text: string): number {
    let tokens = 0
    for (let at = 0; at < text.length; ) {
      const word = endOf(text, at, true)
      const from = word < text.length && text[word - 1] === ' ' ? Math.max(at, word - 1) : word
      let end = endOf(text, word, false)
      // Ends of lines are part of the marks before them.
      if (MARK.test(text.charAt(end - 1))) while (text[end] === '\n') end += 1
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
    return remembered(this.#pieces, piece, () => this.#countPiece(piece))
  }
}

function remembered(known: Map<string, number>, text: string, count: () => number): number {
  const before = known.get(text)
  if (before !== undefined) return before
  if (known.size >= REMEMBERED) known.clear()
  const tokens = count()
  known.set(copyOf(text), tokens)
  return tokens
}

/** A part of a text keeps the whole of it in memory. */
function copyOf(part: string): string {
  return Buffer.from(part, 'utf16le').toString('utf16le')
}

/** Where it ends that characters are white, or are not. */
function endOf(text: string, from: number, white: boolean): number {
  let at = from
  while (at < text.length && text.charCodeAt(at) <= SPACE === white) at += 1
  return at
}
