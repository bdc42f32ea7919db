import type { DecisionRecord } from '@longhaul/contracts'
import { firstLine } from './prompts.ts'
import type { Outcome } from './report.ts'
import { plainTable } from './report-text.ts'

type Decided = Outcome & { job: { decision: DecisionRecord } }

const LONGEST_LINE = 100

/** One that shows most: a real choice between models, after others were ruled out for different reasons. */
export function mostTelling(outcomes: readonly Outcome[]): Decided | undefined {
  return outcomes
    .filter((outcome): outcome is Decided => Boolean(outcome.job.decision?.model))
    .sort((a, b) => tellingness(b) - tellingness(a))[0]
}

function tellingness({ job: { decision } }: Decided): number {
  const reasons = new Set(decision.filtered.map(({ reason }) => reason)).size
  const isChoice = decision.candidates.length > 1
  return (isChoice ? 1_000 : 0) + reasons * 100 + decision.filtered.length * 10
}

export function describeDecision({ prompt, job: { decision, id } }: Decided): string {
  const { reason, estimates, candidates, filtered } = decision
  const table = plainTable(['candidate', 'score', 'estimated cost USD'])
  for (const { model, score, estimated_cost_usd } of candidates) {
    table.push([model, scoreText(score), estimated_cost_usd.toFixed(6)])
  }
  return [
    `One decision explained (GET /v1/jobs/${id}?include=decision)`,
    `  Prompt    ${shortened(firstLine(prompt))} (${prompt.id})`,
    `  Chosen    ${decision.model}, by the policy "${decision.policy}" (${decision.strategy})`,
    `  Reason    ${reason}`,
    `  Estimate  ${estimates.input_tokens} tokens in, ${estimates.output_tokens} out`,
    `  Fallbacks ${decision.fallbacks.join(', ') || 'none'}`,
    table.toString(),
    ...filtered.map(({ model, reason, detail }) => `  Ruled out ${model}: ${reason} (${detail})`),
  ].join('\n')
}

/** Whole numbers are places in a rule, fractions are dollars. */
function scoreText(score: number): string {
  return Number.isInteger(score) ? String(score) : score.toPrecision(3)
}

function shortened(line: string): string {
  return line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}…` : line
}
