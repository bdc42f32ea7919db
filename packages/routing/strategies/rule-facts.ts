import type { PromptView, RuleFacts } from '@longhaul/contracts'
import type { PromptReading } from './prompt-reading.ts'
import type { RequestView } from './strategy.ts'

/** A request as expressions of rules see it: what costs time is found out when it is asked for. */
export class RequestFacts implements RuleFacts {
  readonly #view: RequestView
  #reading: PromptReading | undefined

  constructor(view: RequestView) {
    this.#view = view
  }

  /** What was read of the prompt; undefined while nobody asked. */
  get prompt(): PromptView | undefined {
    return this.#reading?.prompt
  }

  get domain() {
    return this.#read().prompt.domain
  }
  get intent() {
    return this.#read().prompt.intent
  }
  get language() {
    return this.#read().prompt.language
  }
  get complexity() {
    return this.#read().prompt.complexity
  }
  get familiarity() {
    return this.#read().prompt.familiarity
  }
  get outputTokens() {
    return this.#read().prompt.output_tokens
  }
  get code() {
    return this.#read().code
  }

  get tokens() {
    return this.#view.requirements.inputTokens
  }
  get turns() {
    return this.#view.conversation().turns
  }
  get toolResults() {
    return this.#view.conversation().toolResults
  }
  get tools() {
    return this.#view.requirements.tools
  }
  get json() {
    return this.#view.requirements.json
  }
  get vision() {
    return this.#view.requirements.vision
  }
  get audio() {
    return this.#view.requirements.audio
  }
  get endpoint() {
    return this.#view.request.endpoint
  }
  get lane() {
    return this.#view.request.lane
  }
  get tenant() {
    return this.#view.request.tenantId
  }
  get metadata() {
    return this.#view.request.metadata
  }
  get text() {
    return this.#view.text()
  }

  #read(): PromptReading {
    this.#reading ??= this.#view.reading()
    return this.#reading
  }
}
