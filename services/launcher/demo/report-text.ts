import Table from 'cli-table3'
import type { Comparison, ModelFigures, Outcome, Report } from './report.ts'

const HEAD = [
  'model',
  'jobs',
  'p50 s',
  'p95 s',
  'run p50',
  'run p95',
  'tokens in',
  'tokens out',
  'cost USD',
]

/** The table of models, the comparison with the strongest, and what did not succeed. */
export function describeReport({ models, total, comparison, notSucceeded }: Report): string {
  const table = plainTable(HEAD)
  table.push(...models.map(rowOf), rowOf(total))
  return [
    table.toString(),
    'Seconds are from creation to the end; "run" counts from when a worker took the job.',
    '',
    ...describeComparison(comparison),
    ...describeFailures(notSucceeded),
  ].join('\n')
}

/** Columns of figures, in black and white. */
export function plainTable(head: string[]) {
  return new Table({
    head,
    style: { head: [], border: [], compact: true },
    colAligns: head.map((_, column) => (column === 0 ? 'left' : 'right')),
  })
}

function rowOf(figures: ModelFigures): string[] {
  const { p50, p95, runP50, runP95, inputTokens, outputTokens } = figures
  return [
    figures.model,
    String(figures.jobs),
    ...[p50, p95, runP50, runP95].map(seconds => seconds?.toFixed(2) ?? '-'),
    ...[inputTokens, outputTokens].map(tokens => tokens.toLocaleString('en')),
    figures.costUsd.toFixed(4),
  ]
}

function describeComparison({ jobs, costUsd, strongestCostUsd, strongest }: Comparison): string[] {
  if (jobs === 0) return []
  const names = [...strongest].map(([model, count]) => `${model} for ${count}`).join(', ')
  const saved = strongestCostUsd - costUsd
  const share = strongestCostUsd > 0 ? ` (${Math.round((saved / strongestCostUsd) * 100)} %)` : ''
  return [
    `Had all gone to the strongest model: $${strongestCostUsd.toFixed(4)}. Routed: $${costUsd.toFixed(4)}. Saved: $${saved.toFixed(4)}${share}.`,
    `  Computed from the tokens that each of ${jobs} jobs used, at the list price of the model with the`,
    `  highest declared quality among those able to take it (${names}); it may have written more or less.`,
  ]
}

function describeFailures(outcomes: readonly Outcome[]): string[] {
  if (outcomes.length === 0) return []
  const lines = outcomes.map(({ prompt, job }) => {
    const why = job.error ? `${job.error.code}: ${job.error.message}` : 'has not ended'
    return `  ${job.id} (${prompt.id}) ${job.status}: ${why}`
  })
  return ['', `Did not succeed (${outcomes.length}):`, ...lines]
}
