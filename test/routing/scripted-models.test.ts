import { describe, expect, it } from '@jest/globals'
import type { DecisionRecord } from '@longhaul/contracts'
import { keywordScore } from '../../training/baselines.ts'
import { bootstrap } from '../../training/metrics.ts'
import { catalogOf, decisionsOn, type RealLifePrompt, readRealLifePrompts } from './real-life.ts'

/** Five models whose quality by domain, and price, are scripted. */
const models = {
  nano: { quality: 0.4, price: { input: 0.05, output: 0.2 } },
  coder: {
    quality: 0.62,
    domain_quality: { 'computer science': 0.9, math: 0.84, engineering: 0.8 },
    price: { input: 0.3, output: 1 },
  },
  scholar: {
    quality: 0.65,
    domain_quality: { law: 0.88, history: 0.9, philosophy: 0.88, psychology: 0.86 },
    price: { input: 0.5, output: 2 },
  },
  large: { quality: 0.86, price: { input: 1.5, output: 6 } },
  frontier: { quality: 0.93, price: { input: 5, output: 25 } },
}
type Name = keyof typeof models

const catalog = catalogOf(models, {
  balanced: { strategy: 'predictive' },
  cheapest: { strategy: 'cheapest' },
  'round-robin': { strategy: 'round-robin' },
})
const prompts = readRealLifePrompts()
/** How much a prompt of each level asks for: at 0 every model answers well. */
const hardness = [0, 0.05, 0.4, 1]
/** What a dollar is worth in good answers, at these prices. */
const ANSWERS_PER_USD = 8

interface Outcome {
  quality: number
  costUsd: number
  utility: number
  group: string
}

function outcomeOf(prompt: RealLifePrompt, name: Name, outputTokens: number): Outcome {
  const model: { quality: number; domain_quality?: Partial<Record<string, number>> } = models[name]
  const skill = model.domain_quality?.[prompt.domain] ?? model.quality
  const quality = 1 - (1 - skill) * (hardness[prompt.level] ?? 1)
  const { input, output } = models[name].price
  const costUsd = ((prompt.prompt.length / 4) * input + outputTokens * output) / 1e6
  return { quality, costUsd, utility: quality - ANSWERS_PER_USD * costUsd, group: prompt.id }
}

const balanced = decisionsOn(catalog, 'balanced', prompts)
const tokensOf = (index: number) => balanced[index]?.prompt?.output_tokens ?? 300

function outcomes(nameOf: (prompt: RealLifePrompt, index: number) => string | null): Outcome[] {
  return prompts.map((prompt, index) =>
    outcomeOf(prompt, nameOf(prompt, index) as Name, tokensOf(index)),
  )
}
const of = (records: readonly DecisionRecord[]) =>
  outcomes((_, index) => records[index]?.model ?? null)
const mean = (list: readonly Outcome[], figure: 'quality' | 'costUsd' | 'utility') =>
  list.reduce((sum, one) => sum + one[figure], 0) / list.length

describe('five scripted models', () => {
  const chosen = of(balanced)
  const frontier = outcomes(() => 'frontier')

  it('`balanced` reaches 95% of the quality of the best model at half its cost', () => {
    expect(mean(chosen, 'quality')).toBeGreaterThanOrEqual(0.95 * mean(frontier, 'quality'))
    expect(mean(chosen, 'costUsd')).toBeLessThanOrEqual(0.5 * mean(frontier, 'costUsd'))
  })

  it.each<[string, Outcome[]]>([
    ['cheapest', of(decisionsOn(catalog, 'cheapest', prompts))],
    ['round-robin', of(decisionsOn(catalog, 'round-robin', prompts))],
    ['the best single model', frontier],
    ['keywords', outcomes(({ prompt }) => (keywordScore(prompt) > 0 ? 'frontier' : 'nano'))],
  ])('`predictive` beats %s on utility, by more than chance', (_, others) => {
    const gains = chosen.map((one, index) => ({
      gain: one.utility - (others[index]?.utility ?? 0),
      group: one.group,
    }))
    const [low] = bootstrap(
      gains,
      sample => sample.reduce((sum, { gain }) => sum + gain, 0) / sample.length,
    )
    expect(low).toBeGreaterThan(0)
  })
})
