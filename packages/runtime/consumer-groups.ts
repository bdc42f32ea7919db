/** All routers share the submitted jobs. */
export const ROUTER_GROUP = 'router'

/** The consumer group of a model's workers: one per model, so that none disturbs another. */
export function workerGroup(model: string): string {
  return `worker.${model}`
}
