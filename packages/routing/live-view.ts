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
}

/** Read synchronously, once per model and decision. */
export interface LiveView {
  of(model: string): ModelLive
}

/** Jobs that a model has, as a share of the calls it takes at a time; above 1 they wait. */
export function loadOf(live: ModelLive): number {
  return (live.inFlight + live.queued) / Math.max(1, live.capacity)
}
