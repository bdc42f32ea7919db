import type { RoutingRequest } from '@longhaul/contracts'
import { type Conversation, conversationOf } from './features/conversation.ts'
import { boundedText } from './request-text.ts'
import type { Terms } from './requested.ts'
import { type Requirements, requirementsOf } from './requirements.ts'
import type { Nearness } from './semantics/nearness.ts'
import { type PromptReading, readPrompt } from './strategies/prompt-reading.ts'
import type { RequestView } from './strategies/strategy.ts'

/** What strategies see of a request, each part found out at the first call. */
export class ReadableRequest implements RequestView {
  readonly request: RoutingRequest
  readonly requirements: Requirements
  nearness: Nearness | undefined
  #text: string | undefined
  #conversation: Conversation | undefined
  #reading: PromptReading | undefined

  constructor(request: RoutingRequest) {
    this.request = request
    this.requirements = requirementsOf(request.endpoint, request.body)
  }

  text(): string {
    this.#text ??= boundedText(this.requirements.content.texts)
    return this.#text
  }

  conversation(): Conversation {
    this.#conversation ??= conversationOf(this.request.endpoint, this.request.body)
    return this.#conversation
  }

  reading(): PromptReading {
    this.#reading ??= readPrompt(this.requirements, this.conversation())
    return this.#reading
  }
}

/** Whether a decision under these terms reads the prompt in any case; rules may, or may not. */
export function isReadUnder({ pinned, policy }: Terms, request: RoutingRequest): boolean {
  if (pinned || policy.policy.strategy !== 'predictive') return false
  const { endpoint, constraints, preferred } = request
  return endpoint !== '/v1/embeddings' && !constraints?.models && preferred.length === 0
}
