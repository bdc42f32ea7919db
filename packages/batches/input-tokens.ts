import type { Endpoint } from '@longhaul/contracts'
import { jsonTokens, readContent, structuresOf, textTokens } from '@longhaul/routing'
import type { Tokenizer } from '@longhaul/tokenizer'

/** Of all texts together so much is counted at first, and so much for each line that comes. */
const COUNTED_CHARACTERS = 1_000_000
const COUNTED_PER_LINE = 64
/** A longer text is counted in places. */
const LONGEST_WHOLE = 8_192
const PLACES = 8
const PLACE_CHARACTERS = 1_024
/** What begins the answer. */
const REPLY_TOKENS = 3

/**
 * The tokens that a provider bills for the input of requests. Texts are counted
 * by a real vocabulary, as many as take little time; what is not is estimated,
 * and put right by what the counted ones came to beside their estimate.
 */
export class InputTokens {
  readonly #tokenizer: Tokenizer | undefined
  #allowed = COUNTED_CHARACTERS
  #counted = 0
  #estimated = 0

  /** @param tokenizer without one all is estimated */
  constructor(tokenizer: Tokenizer | undefined) {
    this.#tokenizer = tokenizer
  }

  of(endpoint: Endpoint, body: Record<string, unknown>): number {
    const { texts, otherTokens } = readContent(endpoint, body)
    this.#allowed += COUNTED_PER_LINE
    let tokens = endpoint === '/v1/embeddings' ? otherTokens : otherTokens + REPLY_TOKENS
    for (const text of texts) tokens += this.#ofText(text)
    for (const structure of structuresOf(endpoint, body)) {
      tokens += this.#ofText(JSON.stringify(structure)) - jsonTokens(structure)
    }
    return Math.ceil(tokens)
  }

  #ofText(text: string): number {
    const estimated = textTokens(text)
    const tokenizer = this.#tokenizer
    if (!tokenizer) return estimated
    const looked = text.length <= LONGEST_WHOLE ? text.length : PLACES * PLACE_CHARACTERS
    if (looked > this.#allowed) {
      return this.#estimated > 0 ? estimated * (this.#counted / this.#estimated) : estimated
    }
    this.#allowed -= looked
    const counted =
      looked === text.length ? tokenizer.count(text) : estimated * ratioIn(text, tokenizer)
    this.#counted += counted
    this.#estimated += estimated
    return counted
  }
}

/** Counted to estimated, in places spread evenly. */
function ratioIn(text: string, tokenizer: Tokenizer): number {
  let [counted, estimated] = [0, 0]
  for (let place = 0; place < PLACES; place += 1) {
    const at = Math.floor(((text.length - PLACE_CHARACTERS) * place) / (PLACES - 1))
    const part = text.slice(at, at + PLACE_CHARACTERS)
    counted += tokenizer.count(part)
    estimated += textTokens(part)
  }
  return estimated > 0 ? counted / estimated : 1
}
