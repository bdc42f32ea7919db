import type { Lane } from '@longhaul/contracts'
import type { Prediction } from './queue/prediction.ts'

/** A model as it is now: its deployments' figures, put together by the service. */
export interface ModelLive {
  /** Weighted mean of successful calls; undefined before the first. */
  latencyMs: number | undefined
  /** Share of failed calls, 0 to 1. */
  errorRate: number
  /** Calls under way. */
  inFlight: number
  /** Jobs that wait for the model. */
  queued: number
  /** Calls that its deployments take at a time. */
  capacity: number
  /** Epoch milliseconds until which the breakers of all deployments are open; absent when one lets calls pass. */
  openUntil?: number | undefined
  /** Until a call for a new job can begin, where the service predicts it; else `waitOf` estimates it. */
  waits?: Readonly<Record<Lane, Prediction>> | undefined
}

/** Read synchronously, once per model and decision. */
export interface LiveView {
  /** @param now epoch milliseconds, of whoever has looked at the clock already */
  of(model: string, now?: number): ModelLive
  /** A job was sent to the model: it waits there, though no figure shows it yet. */
  sent?(model: string, lane: Lane): void
}

/** Jobs that a model has, as a share of the calls it takes at a time; above 1 they wait. */
export function loadOf(live: ModelLive): number {
  return (live.inFlight + live.queued) / Math.max(1, live.capacity)
}

/** Of the wait where nobody predicts it: it lasts longer or shorter by about this share. */
const SPREAD = 0.3

/**
 * Until a call for a new job can begin: as predicted, or the jobs before it
 * that find no room, at the rate at which calls end.
 * @param latencyMs of a call
 */
export function waitOf(live: ModelLive, lane: Lane, latencyMs: number): Prediction {
  if (live.waits) return live.waits[lane]
  const capacity = Math.max(1, live.capacity)
  const before = Math.max(0, live.inFlight + live.queued + 1 - capacity)
  const ms = (before * latencyMs) / capacity
  return { ms, earliestMs: ms * (1 - SPREAD), latestMs: ms * (1 + SPREAD) }
}
