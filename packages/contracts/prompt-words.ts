/** The words for what is read of a prompt: features, records and rules share them. */

/** The subjects that prompts are sorted into: those of MMLU-Pro, for which accuracies of models are published. */
export const domains = [
  'biology',
  'business',
  'chemistry',
  'computer science',
  'economics',
  'engineering',
  'health',
  'history',
  'law',
  'math',
  'philosophy',
  'physics',
  'psychology',
  'other',
] as const
export type Domain = (typeof domains)[number]

/** What a request asks for. */
export const intents = [
  'chat',
  'question',
  'extraction',
  'translation',
  'summary',
  'rewriting',
  'code',
  'mathematics',
  'creative',
  'writing',
  'planning',
  'analysis',
] as const
export type Intent = (typeof intents)[number]

/** By their small words; `cjk` are Chinese, Japanese and Korean. */
export const languages = [
  ...(['en', 'de', 'fr', 'es', 'it', 'pt', 'nl', 'pl'] as const),
  'cjk',
  'other',
] as const
export type Language = (typeof languages)[number]
