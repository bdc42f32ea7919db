import { domains, type PromptView } from '@longhaul/contracts'
import type { Conversation } from '../features/conversation.ts'
import { expectedOutputTokens } from '../features/expected-output.ts'
import { hasCode, intentOf } from '../features/intent.ts'
import { languageOf } from '../features/language.ts'
import { loadPredictor } from '../predictor/load.ts'
import type { Prediction, Predictor } from '../predictor/predictor.ts'
import { boundedText } from '../request-text.ts'
import type { Requirements } from '../requirements.ts'

/** A prompt as the predictor sees it. Holds until the predictor reads the next one. */
export interface PromptReading {
  prediction: Prediction
  prompt: PromptView
  /** Whether there is code in it. */
  code: boolean
}

/** What is read is the last turn and its instructions. */
export function readPrompt(
  requirements: Requirements,
  { focus, turns }: Conversation,
  predictor: Predictor = loadPredictor(),
): PromptReading {
  // A body of another shape than the endpoint's has texts all the same.
  const prediction = predictor.predict(focus || boundedText(requirements.content.texts))
  const { scan, hand, complexity, familiarity, domain } = prediction
  const intent = intentOf(scan, hand)
  const { inputTokens, requestedOutputTokens: most } = requirements
  const expected = expectedOutputTokens(intent, inputTokens, complexity, scan, hand)
  const prompt: PromptView = {
    domain: domains[domain] ?? 'other',
    domain_probability: rounded(prediction.domains[domain] ?? 0),
    intent,
    language: languageOf(scan),
    complexity: rounded(complexity),
    familiarity: rounded(familiarity),
    turns,
    output_tokens: most === undefined ? expected : Math.min(most, expected),
    features: predictor.explain(prediction),
    model: predictor.weights.header.version,
  }
  return { prediction, prompt, code: hasCode(scan, hand) }
}

function rounded(share: number): number {
  return Math.round(share * 1_000) / 1_000
}
