import type { RuleFacts } from './variables.ts'

export type Matcher = (text: string) => boolean

/** The text of a request, which only ever meets expressions that were compiled before. */
export class Text {
  readonly #read: () => string
  readonly #matchers: ReadonlyMap<string, Matcher>

  constructor(read: () => string, matchers: ReadonlyMap<string, Matcher>) {
    this.#read = read
    this.#matchers = matchers
  }

  matches(source: string): boolean {
    return this.#matchers.get(source)?.(this.#read()) ?? false
  }
}

/**
 * A job that lacks an entry has the empty text there: an error would cost more
 * than all the rest. A plain map with its own `get`, since the language knows
 * values by their constructors.
 */
function readable(metadata: Readonly<Record<string, string>>): Map<string, string> {
  const entries = new Map(Object.entries(metadata))
  const { get } = entries
  return Object.assign(entries, { get: (key: string) => get.call(entries, key) ?? '' })
}

/** The facts by the names and types of the language. */
export class Context {
  readonly #facts: RuleFacts
  readonly #matchers: ReadonlyMap<string, Matcher>

  constructor(facts: RuleFacts, matchers: ReadonlyMap<string, Matcher>) {
    this.#facts = facts
    this.#matchers = matchers
  }

  get domain() {
    return this.#facts.domain
  }
  get intent() {
    return this.#facts.intent
  }
  get language() {
    return this.#facts.language
  }
  get complexity() {
    return this.#facts.complexity
  }
  get familiarity() {
    return this.#facts.familiarity
  }
  get output_tokens() {
    return BigInt(this.#facts.outputTokens)
  }
  get code() {
    return this.#facts.code
  }
  get tokens() {
    return BigInt(this.#facts.tokens)
  }
  get turns() {
    return BigInt(this.#facts.turns)
  }
  get tool_results() {
    return BigInt(this.#facts.toolResults)
  }
  get tools() {
    return this.#facts.tools
  }
  get json() {
    return this.#facts.json
  }
  get vision() {
    return this.#facts.vision
  }
  get audio() {
    return this.#facts.audio
  }
  get endpoint() {
    return this.#facts.endpoint
  }
  get lane() {
    return this.#facts.lane
  }
  get tenant() {
    return this.#facts.tenant
  }
  get metadata() {
    return readable(this.#facts.metadata)
  }
  get text() {
    return new Text(() => this.#facts.text, this.#matchers)
  }
}
