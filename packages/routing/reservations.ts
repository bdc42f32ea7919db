import type { FilterReason, LastTurn } from '@longhaul/contracts'
import { count } from './figures.ts'
import { exclusionCauses, type FilterInput, windowDetail } from './filters.ts'
import type { ModelLive } from './live-view.ts'
import type { PreparedModel } from './prepared.ts'
import { WINDOW_MARGIN } from './requirements.ts'

/**
 * A filter that rests on an estimate or on a moment: it yields when no other
 * model remains, since trying is better than failing for a guess.
 */
export interface Reservation {
  reason: FilterReason
  /** One readable clause, about the model. */
  detail: string
  /** How bad: the kind of reservation, lower is better… */
  rank: number
  /** …and within a kind its measure, lower is better. */
  measure: number
}

export interface ReservationInput extends FilterInput {
  /** Epoch milliseconds. */
  now: number
  /** Epoch milliseconds. */
  deadlineAt: number | undefined
  /** Of the conversation. */
  lastTurn: LastTurn | undefined
}

/** The worst reservation about a model that met every hard limit. */
export function reservationOf(
  model: PreparedModel,
  live: ModelLive,
  input: ReservationInput,
): Reservation | undefined {
  return excludedForNow(model, input) ?? tooSlow(live, input) ?? tightWindow(model, input)
}

function excludedForNow({ name }: PreparedModel, input: ReservationInput): Reservation | undefined {
  let cause: string | undefined
  let last = input.now
  for (const { model, reason, until } of input.exclusions) {
    if (model !== name || until === undefined || until <= last) continue
    last = until
    cause = exclusionCauses[reason]
  }
  if (cause === undefined) return undefined
  const seconds = Math.ceil((last - input.now) / 1_000)
  const detail = `${cause}, for ${count(seconds)} s more`
  return { reason: 'excluded', detail, rank: 2, measure: last }
}

function tooSlow(live: ModelLive, input: ReservationInput): Reservation | undefined {
  if (input.deadlineAt === undefined || live.latencyMs === undefined) return undefined
  const leftMs = Math.max(0, input.deadlineAt - input.now)
  if (leftMs >= live.latencyMs) return undefined
  const detail = `takes ${count(live.latencyMs)} ms, the deadline is in ${count(leftMs)} ms`
  return { reason: 'deadline', detail, rank: 1, measure: live.latencyMs }
}

/** The request fits as estimated, but not with the margin, or not with the answer that it is assumed to get. */
function tightWindow({ model }: PreparedModel, input: ReservationInput): Reservation | undefined {
  const { windowInputTokens, answerTokens } = input.needs
  const needed = Math.ceil(windowInputTokens * WINDOW_MARGIN) + answerTokens
  const window = model.context_window
  if (needed <= window) return undefined
  const detail = `${windowDetail(needed, window)}, with a margin`
  return { reason: 'context-window', detail, rank: 0, measure: needed / window }
}
