import { endpoints, lanes } from '../job.ts'
import { domains, intents, languages } from '../prompt-words.ts'

/** What expressions see of a request. Read lazily: a name that is not asked for costs nothing. */
export interface RuleFacts {
  readonly domain: string
  readonly intent: string
  readonly language: string
  /** 0 to 1. */
  readonly complexity: number
  /** 0 to 1. */
  readonly familiarity: number
  /** Tokens that the answer is likely to have. */
  readonly outputTokens: number
  readonly code: boolean
  /** Estimated, of the whole input. */
  readonly tokens: number
  readonly turns: number
  readonly toolResults: number
  readonly tools: boolean
  readonly json: boolean
  readonly vision: boolean
  readonly audio: boolean
  readonly endpoint: string
  readonly lane: string
  readonly tenant: string
  readonly metadata: Readonly<Record<string, string>>
  /** The bounded text. */
  readonly text: string
}

interface Variable {
  type: 'string' | 'int' | 'double' | 'bool' | 'Text' | 'map<string, string>'
  meaning: string
  /** All values that there are; a comparison with another one never holds. */
  values?: readonly string[]
  /** Of numbers: the least and the most. */
  range?: readonly [least: number, most: number]
  /** The prompt has to be read by the predictor. */
  predicted?: true
}

const share = [0, 1] as const
const count = [0, Number.POSITIVE_INFINITY] as const

/** The names of an expression. */
export const ruleVariables: Readonly<Record<string, Variable>> = {
  domain: { type: 'string', meaning: 'subject', values: domains, predicted: true },
  intent: { type: 'string', meaning: 'what is asked for', values: intents, predicted: true },
  language: { type: 'string', meaning: 'of the prompt', values: languages, predicted: true },
  complexity: {
    type: 'double',
    range: share,
    meaning: '0: any model does it, 1: the best',
    predicted: true,
  },
  familiarity: {
    type: 'double',
    range: share,
    meaning: '0 to 1: how sure the reading is',
    predicted: true,
  },
  output_tokens: { type: 'int', range: count, meaning: 'expected of the answer', predicted: true },
  code: { type: 'bool', meaning: 'whether there is code in it', predicted: true },
  tokens: { type: 'int', range: count, meaning: 'estimated, of the whole input' },
  turns: { type: 'int', range: count, meaning: 'of the user' },
  tool_results: { type: 'int', range: count, meaning: "since the user's last turn" },
  tools: { type: 'bool', meaning: 'whether the request brings tools' },
  json: { type: 'bool', meaning: 'whether it asks for JSON' },
  vision: { type: 'bool', meaning: 'whether it brings images or documents' },
  audio: { type: 'bool', meaning: 'whether it brings or asks for audio' },
  endpoint: { type: 'string', meaning: 'of the request', values: endpoints },
  lane: { type: 'string', meaning: 'of the job', values: lanes },
  tenant: { type: 'string', meaning: 'id of the tenant' },
  metadata: { type: 'map<string, string>', meaning: '`metadata.team`; "" where there is none' },
  text: { type: 'Text', meaning: 'only as `text.matches("expression of RE2, any case")`' },
}
