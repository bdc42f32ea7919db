import { domains, type PromptView } from '@longhaul/contracts'
import type { Conversation } from '../features/conversation.ts'
import { expectedOutputTokens } from '../features/expected-output.ts'
import { hasCode, intentOf } from '../features/intent.ts'
import { languageOf } from '../features/language.ts'
import type { Outlook } from '../placement/quality.ts'
import { loadPredictor } from '../predictor/load.ts'
import type { Prediction, Predictor } from '../predictor/predictor.ts'
import { boundedText } from '../request-text.ts'
import type { Requirements } from '../requirements.ts'

/** A prompt as the predictor sees it. */
export interface PromptReading {
  outlook: Outlook
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
  return { outlook: outlookOf(prediction), prompt, code: hasCode(scan, hand) }
}

/** A copy, since the arrays of a prediction are those of the next one. */
function outlookOf({ domains, bands, complexity, familiarity }: Prediction): Outlook {
  return { domains: copyOf(domains), bands: copyOf(bands), complexity, familiarity }
}

function copyOf(numbers: Float64Array): number[] {
  const copy: number[] = []
  for (let place = 0; place < numbers.length; place++) copy.push(numbers[place] as number)
  return copy
}

function rounded(share: number): number {
  return Math.round(share * 1_000) / 1_000
}
