import type { RouteNearness } from '@longhaul/contracts'
import { preferring } from './preferring.ts'
import type { Ranking, RequestView, StrategyFactory } from './strategy.ts'

/**
 * The route with the utterance nearest to the prompt: its models come in the
 * order of `use`, the others after them by cost. Nearness is found before the
 * decision, by a call of an embeddings model; where that failed, where nothing
 * is near enough, or where no model of the route qualifies, the policy's
 * `otherwise` decides.
 */
export const semantic: StrategyFactory = (policy, build) => {
  const { routes = {}, threshold = 1 } = policy.semantic ?? {}
  const uses = new Map(Object.entries(routes).map(([name, { use }]) => [name, [use].flat()]))
  const otherwise = build(policy.otherwise)
  return input => {
    const { contenders, view } = input
    const found = find(view, threshold)
    const nearest = found.nearest.length > 0 ? { nearest: found.nearest.slice(0, SHOWN) } : {}
    const ranked = found.route && preferring(uses.get(found.route) ?? [], contenders)
    if (ranked) return { ranked, reason: found.why, propensity: 1, ...nearest }
    const why = found.route ? `${found.why}, but none of its models qualifies` : found.why
    const ranking: Ranking = otherwise(input)
    return { ...ranking, reason: `${why}: ${ranking.reason}`, ...nearest }
  }
}

/** Routes that a record tells. */
const SHOWN = 3

interface Found {
  /** Undefined when none is near enough. */
  route: string | undefined
  why: string
  nearest: readonly RouteNearness[]
}

function find({ nearness, request }: RequestView, threshold: number): Found {
  if (!nearness?.known) {
    const unasked =
      request.endpoint === '/v1/embeddings'
        ? 'embeddings have no route'
        : 'the prompt was not embedded'
    return { route: undefined, why: nearness?.why ?? unasked, nearest: [] }
  }
  const { routes } = nearness
  const [first, second] = routes
  if (!first) return { route: undefined, why: 'there are no routes', nearest: [] }
  if (first.similarity < threshold) {
    const why = `no route is near enough (${described(first)}, needs ${threshold})`
    return { route: undefined, why, nearest: routes }
  }
  const then = second ? `, then ${described(second)}` : ''
  return { route: first.route, why: `nearest route ${described(first)}${then}`, nearest: routes }
}

function described({ route, similarity }: RouteNearness): string {
  return `${route} ${similarity.toFixed(2)}`
}
