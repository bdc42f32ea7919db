import type { Config, JobView, Price } from '@longhaul/contracts'
import { costUsd } from '@longhaul/providers'
import type { JobWithDecision } from './client.ts'
import type { Prompt } from './prompts.ts'

/** A prompt, and how its job stands. */
export interface Outcome {
  prompt: Prompt
  job: JobWithDecision
}

/** Seconds from creation to the end, and of these from the first claim to the end. */
interface Times {
  p50: number | undefined
  p95: number | undefined
  runP50: number | undefined
  runP95: number | undefined
}

/** What one model did, or all together. */
export interface ModelFigures extends Times {
  model: string
  jobs: number
  inputTokens: number
  outputTokens: number
  costUsd: number
}

/** The same tokens at the price of the strongest model that could take each job. */
export interface Comparison {
  /** Jobs whose usage is known. Only these are compared. */
  jobs: number
  costUsd: number
  strongestCostUsd: number
  /** Model → how many of the jobs it would have had. */
  strongest: Map<string, number>
}

export interface Report {
  models: ModelFigures[]
  total: ModelFigures
  comparison: Comparison
  notSucceeded: Outcome[]
}

const NO_MODEL = '(none)'

/** @param models of the configuration: their prices and declared quality */
export function reportOn(outcomes: readonly Outcome[], models: Config['models']): Report {
  const jobs = outcomes.map(({ job }) => job)
  const byModel = Map.groupBy(jobs, job => job.model ?? NO_MODEL)
  const figures = [...byModel].map(([model, jobs]) => figuresOf(model, jobs))
  return {
    models: figures.sort((a, b) => b.jobs - a.jobs || a.model.localeCompare(b.model)),
    total: figuresOf('total', jobs),
    comparison: compare(jobs, models),
    notSucceeded: outcomes.filter(({ job }) => job.status !== 'succeeded'),
  }
}

function figuresOf(model: string, jobs: readonly JobView[]): ModelFigures {
  const whole = jobs.flatMap(job => secondsBetween(job.created_at, job.finished_at))
  const runs = jobs.flatMap(job => secondsBetween(job.started_at, job.finished_at))
  return {
    model,
    jobs: jobs.length,
    p50: percentile(whole, 50),
    p95: percentile(whole, 95),
    runP50: percentile(runs, 50),
    runP95: percentile(runs, 95),
    inputTokens: sum(jobs, job => job.usage?.input_tokens),
    outputTokens: sum(jobs, job => job.usage?.output_tokens),
    costUsd: sum(jobs, job => job.cost_usd),
  }
}

function compare(jobs: readonly JobWithDecision[], models: Config['models']): Comparison {
  const comparison: Comparison = {
    jobs: 0,
    costUsd: 0,
    strongestCostUsd: 0,
    strongest: new Map(),
  }
  for (const job of jobs) {
    const strongest = strongestOf(job, models)
    if (!strongest || !job.usage) continue
    comparison.jobs += 1
    comparison.costUsd += job.cost_usd ?? 0
    comparison.strongestCostUsd += costUsd(job.usage, strongest.price)
    const before = comparison.strongest.get(strongest.name) ?? 0
    comparison.strongest.set(strongest.name, before + 1)
  }
  return comparison
}

/** Of the models that passed the filters of this job's decision, the one with the highest declared quality. */
export function strongestOf(
  { decision }: JobWithDecision,
  models: Config['models'],
): { name: string; price: Price } | undefined {
  const able = (decision?.candidates ?? []).flatMap(({ model: name }) => {
    const model = models[name]
    return model ? [{ name, price: model.price, quality: model.quality ?? 0 }] : []
  })
  return able.sort((a, b) => b.quality - a.quality || b.price.output - a.price.output)[0]
}

/** Nearest rank: the smallest value that so many per cent do not exceed; undefined for no values. */
export function percentile(values: readonly number[], percent: number): number | undefined {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)]
}

function secondsBetween(from: string | null, to: string | null): number[] {
  return from === null || to === null ? [] : [(Date.parse(to) - Date.parse(from)) / 1_000]
}

function sum<T>(items: readonly T[], figureOf: (item: T) => number | null | undefined): number {
  return items.reduce((total, item) => total + (figureOf(item) ?? 0), 0)
}
