import type { Exclusion, FilterReason, RoutingConstraints } from '@longhaul/contracts'
import { estimatedCostUsd } from './costs.ts'
import { count, usd } from './figures.ts'
import type { PreparedModel, PreparedPolicy } from './prepared.ts'
import type { Requirements } from './requirements.ts'

/** Why a job should not go to a model again, as a clause. */
export const exclusionCauses: Record<Exclusion['reason'], string> = {
  'too-long': 'its provider found the request too long',
  refused: 'its provider refused the content',
  unusable: 'its answer was unusable',
  unavailable: 'it failed this job',
  'rate-limited': 'it is rate-limited',
  credentials: 'its credentials were refused',
}

export function windowDetail(needed: number, window: number): string {
  return `needs ${count(needed)} tokens, the window is ${count(window)}`
}

/** What filters judge a model by. */
export interface FilterInput {
  needs: Requirements
  policy: PreparedPolicy | undefined
  /** The only model asked for. */
  pinned: string | undefined
  exclusions: readonly Exclusion[]
  constraints?: RoutingConstraints | undefined
}

/** Why a model is out of the question. */
export interface Obstacle {
  reason: FilterReason
  /** One readable clause, about the model. */
  detail: string
  /** How many filters the model passed before: of two, the one that got further missed by less. */
  passed: number
  /** By how much it missed: smaller is nearer. Comparable within one filter. */
  miss: number
  /** Whether the window, or a provider that found the request too long, is the cause. */
  tooLong: boolean
}

interface Filter {
  reason: FilterReason
  /** Whether it has anything to say of this request; most have not. Default: always. */
  applies?(input: FilterInput): boolean
  /** Undefined when the model passes. */
  check(model: PreparedModel, input: FilterInput): { detail: string; miss?: number } | undefined
  tooLong?: true
}

const notRequested: Filter = {
  reason: 'not-requested',
  applies: ({ pinned }) => pinned !== undefined,
  check: ({ name }, { pinned }) =>
    pinned !== undefined && pinned !== name ? { detail: `the request names ${pinned}` } : undefined,
}

const notListed: Filter = {
  reason: 'not-requested',
  applies: ({ constraints }) => constraints?.models !== undefined,
  check: ({ name }, { constraints }) =>
    constraints?.models && !constraints.models.includes(name)
      ? { detail: 'not among the models that the request lists' }
      : undefined,
}

const noDeployment: Filter = {
  reason: 'not-allowed',
  applies: ({ constraints }) => constraints?.deployments !== undefined,
  check({ deployments }, { constraints }) {
    const allowed = constraints?.deployments
    if (!allowed || deployments.some(key => allowed.includes(key))) return undefined
    return { detail: 'the request allows none of its deployments' }
  },
}

const notAllowed: Filter = {
  reason: 'not-allowed',
  applies: ({ policy }) => policy?.allowed !== undefined,
  check: ({ name }, { policy }) =>
    policy?.allowed && !policy.allowed.has(name)
      ? { detail: `not among the models of policy ${policy.name}` }
      : undefined,
}

const endpoint: Filter = {
  reason: 'endpoint',
  check: ({ endpoints }, { needs, constraints }) => {
    if (endpoints.has(needs.endpoint)) return undefined
    const detail = `does not serve ${needs.endpoint}`
    const speaksChat = endpoints.has('/v1/chat/completions')
    if (needs.endpoint === '/v1/embeddings' || !speaksChat) return { detail }
    // The provider puts it into the words of chat completions.
    if (!constraints?.native) return undefined
    return { detail: `${detail}, and this request cannot be said as a chat completion` }
  },
}

const modality: Filter = {
  reason: 'modality',
  applies: ({ needs }) => needs.vision || needs.audio,
  check({ capabilities }, { needs }) {
    if (needs.vision && !capabilities.has('vision')) {
      return { detail: 'the request has images or documents, the model takes none' }
    }
    if (needs.audio && !capabilities.has('audio')) {
      return { detail: 'the request has audio, the model takes none' }
    }
    return undefined
  },
}

const tools: Filter = {
  reason: 'tools',
  applies: ({ needs }) => needs.tools,
  check: ({ capabilities }, { needs }) =>
    needs.tools && !capabilities.has('tools')
      ? { detail: 'the request brings tools, the model calls none' }
      : undefined,
}

const json: Filter = {
  reason: 'json',
  applies: ({ needs }) => needs.json,
  check: ({ capabilities }, { needs }) =>
    needs.json && !capabilities.has('json')
      ? { detail: 'the request wants JSON, the model has no JSON mode' }
      : undefined,
}

const parameters: Filter = {
  reason: 'parameters',
  applies: ({ needs }) => needs.beyondMessages !== undefined,
  check: ({ speaksMessages }, { needs }) =>
    speaksMessages && needs.beyondMessages !== undefined
      ? { detail: `Anthropic's Messages, which it speaks, know no ${needs.beyondMessages}` }
      : undefined,
}

const maxPrice: Filter = {
  reason: 'price',
  applies: ({ policy }) => policy?.policy.max_price !== undefined,
  check({ model }, { policy }) {
    const most = policy?.policy.max_price
    const price = model.price.output
    if (most === undefined || price <= most) return undefined
    return {
      detail: `output costs ${usd(price)} per million tokens, the policy allows ${usd(most)}`,
      miss: price,
    }
  },
}

const maxCost: Filter = {
  reason: 'price',
  applies: ({ policy }) => policy?.policy.max_cost_usd !== undefined,
  check({ model }, { needs, policy }) {
    const most = policy?.policy.max_cost_usd
    if (most === undefined) return undefined
    const cost = estimatedCostUsd(model, needs)
    if (cost <= most) return undefined
    return { detail: `estimated at ${usd(cost)}, the policy allows ${usd(most)}`, miss: cost }
  },
}

const outputLimit: Filter = {
  reason: 'output-limit',
  applies: ({ needs }) => needs.requestedOutputTokens !== undefined,
  check({ model }, { needs }) {
    const limit = model.max_output_tokens
    const wanted = needs.requestedOutputTokens
    if (limit === undefined || wanted === undefined || wanted <= limit) return undefined
    return {
      detail: `asks for ${count(wanted)} output tokens, the model writes at most ${count(limit)}`,
      miss: wanted / limit,
    }
  },
}

const excluded: Filter = {
  reason: 'excluded',
  applies: ({ exclusions }) => exclusions.length > 0,
  check({ name }, { exclusions }) {
    const exclusion = permanentExclusion(exclusions, name)
    if (!exclusion || exclusion.reason === 'too-long') return undefined
    return { detail: exclusionCauses[exclusion.reason] }
  },
}

/** Leaves out the margin and what the answer can do without: those are reservations. */
const contextWindow: Filter = {
  reason: 'context-window',
  check({ model }, { needs }) {
    const needed = needs.windowInputTokens + (needs.requestedOutputTokens ?? 0)
    const window = model.context_window
    if (needed <= window) return undefined
    return { detail: windowDetail(needed, window), miss: needed / window }
  },
  tooLong: true,
}

const foundTooLong: Filter = {
  reason: 'excluded',
  applies: ({ exclusions }) => exclusions.length > 0,
  check: ({ name }, { exclusions }) =>
    permanentExclusion(exclusions, name) ? { detail: exclusionCauses['too-long'] } : undefined,
  tooLong: true,
}

/**
 * In the order in which a model passes them. Those about length come last, so
 * that a model that fails one could have taken the request but for its length.
 */
const hardFilters: readonly Filter[] = [
  notRequested,
  notListed,
  notAllowed,
  noDeployment,
  endpoint,
  modality,
  tools,
  json,
  parameters,
  maxPrice,
  outputLimit,
  excluded,
  maxCost,
  contextWindow,
  foundTooLong,
]

/** A filter that applies, and how many come before it. */
export interface AppliedFilter extends Filter {
  passed: number
}

/** Those of the hard limits that a request can fail. */
export function filtersFor(input: FilterInput): readonly AppliedFilter[] {
  return applicable.filter(({ applies }) => !applies || applies(input))
}

const applicable: readonly AppliedFilter[] = hardFilters.map((filter, passed) => ({
  ...filter,
  passed,
}))

/** The first hard limit that the model does not meet; undefined when it meets all. */
export function obstacleOf(
  model: PreparedModel,
  filters: readonly AppliedFilter[],
  input: FilterInput,
): Obstacle | undefined {
  for (const { reason, check, passed, tooLong = false } of filters) {
    const fault = check(model, input)
    if (fault) return { reason, detail: fault.detail, passed, miss: fault.miss ?? 0, tooLong }
  }
  return undefined
}

function permanentExclusion(
  exclusions: readonly Exclusion[],
  model: string,
): Exclusion | undefined {
  return exclusions.find(exclusion => exclusion.model === model && exclusion.until === undefined)
}
