import type { RoutingRequest, Semantic } from '@longhaul/contracts'
import { conversationOf } from '../features/conversation.ts'
import type { Terms } from '../requested.ts'

/** What a decision wants to know before it is made. */
export interface SemanticQuestion {
  semantic: Semantic
  /** Of the prompt: what is to be embedded. */
  text: string
}

/** A topic shows early; embeddings models have short windows, and take longer for long texts. */
const EMBEDDED_CHARACTERS = 4_000

/** Undefined where the answer would change nothing: a pinned model, another strategy, a prompt without text. */
export function semanticQuestionOf(
  { pinned, policy }: Terms,
  { endpoint, body }: RoutingRequest,
): SemanticQuestion | undefined {
  const semantic = policy?.policy.strategy === 'semantic' && policy.policy.semantic
  if (pinned || !semantic) return undefined
  const { asked } = conversationOf(endpoint, body)
  const text = asked.trim().slice(0, EMBEDDED_CHARACTERS)
  return text === '' ? undefined : { semantic, text }
}
