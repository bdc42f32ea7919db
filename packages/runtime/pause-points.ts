import type { Env } from './env.ts'

/**
 * Steps of a job's life at which a fault test may hold a process, to kill it
 * there: between two things that no transaction holds together.
 */
export type PausePoint =
  | 'ingress-before-insert'
  | 'ingress-after-insert'
  | 'ingress-after-publish'
  | 'router-before-publish'
  | 'router-before-ack'
  | 'worker-after-claim'
  | 'worker-before-settle'
  | 'worker-before-ack'
  | 'dispatcher-before-publish'
  | 'courier-before-record'

/** Resolves once the point is released; undefined when nobody holds it. */
export type Pause = (point: PausePoint) => Promise<void> | undefined

/** From the test: hold at this point, or go on. */
export type PauseOrder = { hold: PausePoint } | { release: PausePoint }
/** To the test, each time that the point is reached while it is held. */
export interface PauseReport {
  reached: PausePoint
}

/** `process`, as far as it is used. */
export interface PauseChannel {
  send?: ((report: PauseReport) => unknown) | undefined
  on(event: 'message', listener: (order: unknown) => void): unknown
}

const SWITCH = 'LONGHAUL_PAUSE_POINTS'

/**
 * The other end of a fault test, which is the parent process.
 * @returns undefined unless the parent gave this process a channel and the
 *   switch: then no pause point exists
 */
export function openPausePoints(variables: Env, channel: PauseChannel): Pause | undefined {
  if (variables[SWITCH] !== 'parent' || !channel.send) return undefined
  const held = new Map<PausePoint, PromiseWithResolvers<void>>()
  channel.on('message', order => {
    const { hold, release } = order as { hold?: PausePoint; release?: PausePoint }
    if (hold && !held.has(hold)) held.set(hold, Promise.withResolvers())
    if (release) {
      held.get(release)?.resolve()
      held.delete(release)
    }
  })
  return point => {
    const gate = held.get(point)
    if (gate) channel.send?.({ reached: point })
    return gate?.promise
  }
}
