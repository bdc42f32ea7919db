import type { BreakerOptions, Breakers, Coordination, Permit } from '@longhaul/coordination'
import type { ManualClock } from '../../manual-clock.ts'
import { eventually } from '../eventually.ts'

/** Instances that are stopped after the test. */
export interface OpenCoordination {
  one(
    breaker?: Partial<BreakerOptions>,
  ): Promise<{ coordination: Coordination; clock: ManualClock }>
  /** Of one namespace, and so with one shared state. */
  several(count: number): Promise<{ instances: Coordination[]; clock: ManualClock }>
}

export const BREAKER: BreakerOptions = {
  failureRate: 0.5,
  minCalls: 4,
  windowMs: 30_000,
  openForMs: 10_000,
  maxOpenForMs: 60_000,
  probes: 2,
}

export const KEY = 'small/eu'

export function receiver(): { payloads: unknown[]; receive: (payload: unknown) => void } {
  const payloads: unknown[] = []
  return { payloads, receive: payload => payloads.push(payload) }
}

export function settleCalls(breakers: Breakers, outcomes: Array<'success' | 'failure'>): void {
  const permits = outcomes.map(() => breakers.acquire(KEY))
  for (const [index, outcome] of outcomes.entries()) permits[index]?.settle(outcome)
}

export function fail(breakers: Breakers, calls: number): void {
  settleCalls(breakers, new Array<'failure'>(calls).fill('failure'))
}

export async function openAndWait(breakers: Breakers, clock: ManualClock): Promise<void> {
  fail(breakers, BREAKER.minCalls)
  await stateBecomes(breakers, 'open')
  clock.advance(BREAKER.openForMs)
}

export function stateBecomes(
  breakers: Breakers,
  wanted: string,
): Promise<ReturnType<Breakers['view']>> {
  return eventually(
    () => breakers.view(KEY),
    ({ state }) => state === wanted,
  )
}

/** Opening does not wait for a slow Redis, without which each process goes on by itself. */
export async function untilShared(coordination: Coordination): Promise<Coordination> {
  await eventually(
    () => coordination.shared,
    shared => shared,
  )
  return coordination
}

/** The first one to be had: a driver may have to fetch the leave for a probe. */
export async function permit(breakers: Breakers): Promise<Permit> {
  const permit = await eventually(
    () => breakers.acquire(KEY),
    permit => permit !== undefined,
  )
  if (!permit) throw new Error('no permit')
  return permit
}
