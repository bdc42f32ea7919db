import { type Domain, domains } from '@longhaul/contracts'
import type { Band } from '../packages/routing/predictor/weights.ts'
import type { Row } from './rows.ts'

/** The two models of RouteLLM's data. */
export const REFERENCE = { weak: 'mixtral-8x7b', strong: 'gpt-4-1106' } as const

export function isReference({ source, models }: Row): boolean {
  return (
    (source === 'mmlu' || source === 'gsm8k') &&
    typeof models[REFERENCE.weak] === 'number' &&
    typeof models[REFERENCE.strong] === 'number'
  )
}

export function isMmluPro({ source }: Row): boolean {
  return source === 'mmlu_pro'
}

/** Models of MMLU-Pro by strength. The mean of a few is less of a lottery than the answer of one. */
export const bandModels: readonly (readonly string[])[] = [
  [
    'llama-2-7b-hf',
    'llama-2-13b-hf',
    'mistral-7b-instruct-v0.1',
    'mistral-7b-instruct-v0.2',
    'mistral-7b-v0.1',
    'mistral-7b-v0.2-hf',
    'qwen1.5-7b-chat',
    'yi-6b',
    'yi-6b-chat',
    'gemma-7b',
  ],
  [
    'meta-llama-3.1-8b-instruct',
    'mixtral-8x7b-instruct-v0.1',
    'mixtral-8x7b-v0.1',
    'phi-3-mini-4k-instruct',
    'yi-34b',
    'mathstral-7b',
    'meta-llama-3-8b',
    'meta-llama-3.1-8b',
    'c4ai-command-r-v01',
  ],
  ['meta-llama-3-70b', 'meta-llama-3.1-70b', 'qwen1.5-110b', 'qwen1.5-72b-chat', 'jamba-1.5-large'],
  [
    'deepseek-coder-v2',
    'meta-llama-3.1-70b-instruct',
    'gemini-1.5-flash-002',
    'gemini-1.5-pro-002',
  ],
]

/** The share of these models that answer a row; undefined when none was asked. */
export function shareRight({ models }: Row, names: readonly string[]): number | undefined {
  let sum = 0
  let asked = 0
  for (const name of names) {
    const right = models[name]
    if (typeof right !== 'number') continue
    sum += right
    asked += 1
  }
  return asked > 0 ? sum / asked : undefined
}

export function hasAllBands(row: Row): boolean {
  return isMmluPro(row) && bandModels.every(names => shareRight(row, names) !== undefined)
}

export interface ModelFigures {
  overall: number
  /** In the order of `domains`. */
  byDomain: number[]
}

/** Shares of right answers of a model, or a mean of models, over all rows and by domain. */
export function figuresOf(rows: readonly Row[], names: readonly string[]): ModelFigures {
  const sums = new Map<Domain | 'all', [right: number, asked: number]>()
  for (const row of rows) {
    const share = shareRight(row, names)
    if (share === undefined) continue
    for (const key of ['all', row.domain as Domain] as const) {
      const sum = sums.get(key) ?? [0, 0]
      sums.set(key, [sum[0] + share, sum[1] + 1])
    }
  }
  const shareOf = (key: Domain | 'all') => {
    const [right, asked] = sums.get(key) ?? [0, 0]
    return asked > 0 ? round(right / asked) : undefined
  }
  const overall = shareOf('all') ?? 0
  return { overall, byDomain: domains.map(domain => shareOf(domain) ?? overall) }
}

export function bandsOf(rows: readonly Row[]): Band[] {
  return bandModels.map(names => {
    const { overall, byDomain } = figuresOf(rows, names)
    return { strength: overall, byDomain }
  })
}

function round(share: number): number {
  return Math.round(share * 10_000) / 10_000
}

/**
 * Questions of fact: small models of the data miss many, but what they ask for
 * is a look-up, so that they count as easy all the same.
 */
const lookUps = new Set(['natural_qa', 'trivia_qa', 'commonsense_qa', 'openbook_qa'])
const LOOK_UP = 0.12

/** How hard a prompt is, 0 to 1, by the share of models that fail at it. */
export function complexityOf(row: Row): number | undefined {
  if (lookUps.has(row.subject)) return LOOK_UP
  const share = shareRight(row, Object.keys(row.models))
  return share === undefined ? undefined : 1 - share
}
