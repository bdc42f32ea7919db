import type { FilteredModel } from '@longhaul/contracts'
import { cachedTokensOf } from './cached-input.ts'
import { estimatedCostUsd } from './costs.ts'
import { filtersFor, type Obstacle, obstacleOf } from './filters.ts'
import type { LiveView } from './live-view.ts'
import type { PreparedModel } from './prepared.ts'
import { type Reservation, type ReservationInput, reservationOf } from './reservations.ts'
import type { Contender } from './strategies/strategy.ts'

/** Which models remain, and why the others do not. */
export interface Judgement {
  contenders: Contender[]
  /** In the order of the catalogue. */
  filtered: FilteredModel[]
  /** The reservation about the one contender that was kept because no other remained. */
  kept: Reservation | undefined
  /** When no contender remains: the model that missed by least. */
  nearest: { model: string; obstacle: Obstacle } | undefined
}

/** Every model of the catalogue is either a contender or filtered. */
export function judge(
  models: readonly PreparedModel[],
  live: LiveView,
  input: ReservationInput,
): Judgement {
  const contenders: Contender[] = []
  const filtered: FilteredModel[] = []
  const filters = filtersFor(input)
  let nearest: Judgement['nearest']
  let leastBad: { contender: Contender; reservation: Reservation } | undefined
  for (const prepared of models) {
    const { name: model } = prepared
    const obstacle = obstacleOf(prepared, filters, input)
    if (obstacle) {
      filtered.push({ model, reason: obstacle.reason, detail: obstacle.detail })
      if (!nearest || isNearer(obstacle, nearest.obstacle)) nearest = { model, obstacle }
      continue
    }
    const contender = contenderOf(prepared, live, input)
    const reservation = reservationOf(prepared, contender.live, input)
    if (!reservation) {
      contenders.push(contender)
      continue
    }
    filtered.push({ model, reason: reservation.reason, detail: reservation.detail })
    if (!leastBad || isLessBad(reservation, leastBad.reservation)) {
      leastBad = { contender, reservation }
    }
  }
  if (contenders.length > 0 || !leastBad) return { contenders, filtered, kept: undefined, nearest }
  const { contender, reservation } = leastBad
  return {
    contenders: [contender],
    filtered: filtered.filter(({ model }) => model !== contender.name),
    kept: reservation,
    nearest,
  }
}

function contenderOf(
  prepared: PreparedModel,
  view: LiveView,
  { needs, now, lastTurn }: ReservationInput,
): Contender {
  const { name, model, contender } = prepared
  const live = view.of(name, now)
  contender.live = live
  contender.available = live.openUntil === undefined || live.openUntil <= now
  contender.cachedTokens = lastTurn ? cachedTokensOf(prepared, needs, lastTurn, now) : 0
  contender.costUsd = estimatedCostUsd(model, needs, contender.cachedTokens)
  return contender
}

function isNearer(a: Obstacle, b: Obstacle): boolean {
  return a.passed !== b.passed ? a.passed > b.passed : a.miss < b.miss
}

function isLessBad(a: Reservation, b: Reservation): boolean {
  return a.rank !== b.rank ? a.rank < b.rank : a.measure < b.measure
}
