import type {
  Candidate,
  DecisionRecord,
  FilteredModel,
  FilterReason,
  PromptView,
} from '@longhaul/contracts'

/**
 * A decision as it is kept: the same figures in a third of the bytes, since
 * every job has one and hardly any is ever read. Candidates are columns of
 * whole numbers, which also take a fifth of the time to write that fractions
 * take; what all of them have in common, and what one filtered model shares
 * with the one before, is said once.
 */
export interface StoredDecision {
  /** What was kept before this form is a `DecisionRecord`, and has no version. */
  v: 1
  n: number
  at: string
  by: [policy: string, strategy: string]
  /** Of the choice; the fallbacks follow. Empty when there is none. */
  to: string[]
  why: string
  c: StoredCandidates
  f: StoredFilter[]
  est: [inputTokens: number, outputTokens: number, costUsd: number | null]
  p: number
  read?: StoredPrompt
  held?: DecisionRecord['held']
  conv?: DecisionRecord['conversation']
  near?: DecisionRecord['nearest']
}

/** A value for each candidate, or one for all. */
type Column<T> = T | T[]
type StoredCandidates = [
  models: string[],
  score: Column<number>,
  costUsd: Column<number>,
  latencyMs: Column<number | null>,
  waitMs: Column<number | null>,
  quality: Column<number | null>,
  uncertainty: Column<number | null>,
]
/** Reason and detail are left out where they are those of the filtered model before. */
type StoredFilter = [model: string] | [model: string, reason: FilterReason, detail: string]
type StoredPrompt = [
  domain: string,
  probability: number,
  intent: string,
  language: string,
  complexity: number,
  familiarity: number,
  turns: number,
  outputTokens: number,
  features: (string | number)[],
  model: string,
]

/** Scores and dollars are kept to a billionth, shares to a thousandth, times in whole milliseconds. */
const BILLION = 1e9
const THOUSAND = 1e3

/** To be written as JSON. */
export function encodeDecision(record: DecisionRecord): StoredDecision {
  const { estimates, prompt } = record
  const stored: StoredDecision = {
    v: 1,
    n: record.number,
    at: record.decided_at,
    by: [record.policy, record.strategy],
    to: record.model === null ? [] : [record.model, ...record.fallbacks],
    why: record.reason,
    c: storedCandidates(record.candidates),
    f: storedFilters(record.filtered),
    est: [estimates.input_tokens, estimates.output_tokens, estimates.cost_usd],
    p: record.propensity,
  }
  if (prompt) stored.read = storedPrompt(prompt)
  if (record.held) stored.held = record.held
  if (record.conversation) stored.conv = record.conversation
  if (record.nearest) stored.near = record.nearest
  return stored
}

/** @param json what `encodeDecision` gave, or what was kept before it; parsed */
export function decodeDecision(json: unknown): DecisionRecord {
  const stored = json as StoredDecision | DecisionRecord
  if (!('v' in stored)) return stored
  const [model = null, ...fallbacks] = stored.to
  const [input_tokens, output_tokens, cost_usd] = stored.est
  return {
    number: stored.n,
    decided_at: stored.at,
    policy: stored.by[0],
    strategy: stored.by[1],
    model,
    fallbacks,
    reason: stored.why,
    candidates: candidatesOf(stored.c),
    filtered: filteredOf(stored.f),
    estimates: { input_tokens, output_tokens, cost_usd },
    propensity: stored.p,
    ...(stored.read && { prompt: promptOf(stored.read) }),
    ...(stored.held && { held: stored.held }),
    ...(stored.conv && { conversation: stored.conv }),
    ...(stored.near && { nearest: stored.near }),
  }
}

function storedCandidates(candidates: readonly Candidate[]): StoredCandidates {
  const count = candidates.length
  const models = new Array<string>(count)
  const score = new Array<number>(count)
  const cost = new Array<number>(count)
  const latency = new Array<number | null>(count)
  const wait = new Array<number | null>(count)
  const quality = new Array<number | null>(count)
  const uncertainty = new Array<number | null>(count)
  for (let place = 0; place < count; place++) {
    const candidate = candidates[place] as Candidate
    models[place] = candidate.model
    score[place] = Math.round(candidate.score * BILLION)
    cost[place] = Math.round(candidate.estimated_cost_usd * BILLION)
    latency[place] = whole(candidate.estimated_latency_ms, 1)
    wait[place] = whole(candidate.estimated_wait_ms, 1)
    quality[place] = whole(candidate.quality, THOUSAND)
    uncertainty[place] = whole(candidate.quality_uncertainty, THOUSAND)
  }
  return [
    models,
    column(score),
    column(cost),
    column(latency),
    column(wait),
    column(quality),
    column(uncertainty),
  ]
}

function whole(figure: number | undefined, unit: number): number | null {
  return figure === undefined ? null : Math.round(figure * unit)
}

function column<T>(values: T[]): Column<T> {
  const [first] = values
  if (first === undefined) return values
  for (const value of values) if (value !== first) return values
  return first
}

function candidatesOf([models, ...columns]: StoredCandidates): Candidate[] {
  return models.map((model, place) => {
    const figure = (at: number, unit: number) => {
      const column = columns[at] as Column<number | null>
      const value = Array.isArray(column) ? column[place] : column
      return value == null ? undefined : value / unit
    }
    const [latency, wait] = [figure(2, 1), figure(3, 1)]
    const [quality, uncertainty] = [figure(4, THOUSAND), figure(5, THOUSAND)]
    return {
      model,
      score: figure(0, BILLION) ?? 0,
      estimated_cost_usd: figure(1, BILLION) ?? 0,
      ...(latency !== undefined && { estimated_latency_ms: latency }),
      ...(wait !== undefined && { estimated_wait_ms: wait }),
      ...(quality !== undefined && { quality }),
      ...(uncertainty !== undefined && { quality_uncertainty: uncertainty }),
    }
  })
}

function storedFilters(filtered: readonly FilteredModel[]): StoredFilter[] {
  return filtered.map(({ model, reason, detail }, place) => {
    const before = filtered[place - 1]
    return before?.reason === reason && before.detail === detail ? [model] : [model, reason, detail]
  })
}

function filteredOf(stored: readonly StoredFilter[]): FilteredModel[] {
  let reason: FilterReason = 'not-requested'
  let detail = ''
  return stored.map(one => {
    if (one.length === 3) [, reason, detail] = one
    return { model: one[0], reason, detail }
  })
}

function storedPrompt(prompt: PromptView): StoredPrompt {
  return [
    prompt.domain,
    prompt.domain_probability,
    prompt.intent,
    prompt.language,
    prompt.complexity,
    prompt.familiarity,
    prompt.turns,
    prompt.output_tokens,
    prompt.features.flatMap(({ name, weight }) => [name, weight]),
    prompt.model,
  ]
}

function promptOf(stored: StoredPrompt): PromptView {
  const [domain, domain_probability, intent, language, complexity, familiarity] = stored
  const [turns, output_tokens, told, model] = stored.slice(6) as [
    number,
    number,
    (string | number)[],
    string,
  ]
  const features: PromptView['features'] = []
  for (let at = 0; at < told.length; at += 2) {
    features.push({ name: String(told[at]), weight: Number(told[at + 1]) })
  }
  return {
    ...{ domain, domain_probability, intent, language, complexity, familiarity },
    ...{ turns, output_tokens, features, model },
  }
}
