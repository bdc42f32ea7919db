import type { Lane } from '@longhaul/contracts'
import type { DispatchKey, DueKey } from '@longhaul/store'
import type { Shares } from './shares.ts'

export interface AllocateOptions {
  /** Jobs of one round, over all keys. */
  budget: number
  /** Jobs of a lane, tenant and model that may be published and unclaimed. */
  bound: (key: DispatchKey) => number
  laneWeights: Record<Lane, { weight: number }>
  /** The same from round to round. */
  shares: Shares
}

/** Jobs whose model is not known yet. */
const UNROUTED = ''
const TRICKLE = 5
/** Against one for all that have a lower priority: they go on, if slowly, whatever comes before them. */
const HIGHEST_WEIGHT = 19

export type Published = DispatchKey & { count: number }
/** What waits under a key; of two of a tenant the higher priority goes first. */
export type Due = DueKey & { priority: number }
export type Quota = DueKey & { count: number }

/**
 * Shares one round among the keys that have due work: lanes by weight, tenants
 * of a lane alike, models of a tenant alike, and of what waits for one model
 * nearly all to the highest priority, its batches alike; what one cannot use
 * goes to the others. The batches of a lane, tenant and model share its room on
 * the bus.
 *
 * Which model a job will get is not known before it was routed. While a tenant
 * has enough published in a lane, its unrouted jobs come as a trickle: those for
 * an idle model are still found, those for a busy one are not routed only to be
 * put back.
 * @param due keys with due work; how much is not known, so a quota is an upper bound
 * @param published what is on the bus already
 */
export function allocate(
  due: readonly Due[],
  published: readonly Published[],
  options: AllocateOptions,
): Quota[] {
  const { budget, laneWeights, shares } = options
  const groups = groupsOf(due, published, options).filter(({ room }) => room > 0)
  shares.begin()
  return giveTo(shares, budget, groups, {
    by: ({ key }) => key.lane,
    weightOf: lane => laneWeights[lane as Lane].weight,
  }).flatMap(({ count: ofLane, groups: inLane }) =>
    giveTo(shares, ofLane, inLane, { by: ({ key }) => `${key.lane} ${key.tenantId}` }).flatMap(
      ({ count: ofTenant, groups: ofOne }) =>
        giveTo(shares, ofTenant, ofOne, { by: ({ name }) => name }).flatMap(({ count, groups }) =>
          groups.flatMap(group => quotasOf(shares, group, count)),
        ),
    ),
  )
}

/** The same for all that wait, or are published, under one key. */
export function nameOf({ lane, tenantId, model }: DispatchKey): string {
  return `${lane} ${tenantId} ${model}`
}

/** What waits of a lane, tenant and model. */
interface Group {
  name: string
  key: DispatchKey
  due: Due[]
  room: number
}

function groupsOf(
  due: readonly Due[],
  published: readonly Published[],
  options: AllocateOptions,
): Group[] {
  const byKey = Map.groupBy(due, nameOf)
  return [...byKey].flatMap(([name, ofKey]) => {
    const [first] = ofKey
    if (!first) return []
    const { lane, tenantId, model } = first
    const key = { lane, tenantId, model }
    return [{ name, key, due: ofKey, room: roomOf(key, published, options.bound(key)) }]
  })
}

function roomOf(key: DispatchKey, published: readonly Published[], bound: number): number {
  let ofKey = 0
  let ofTenant = 0
  for (const quota of published) {
    if (quota.lane !== key.lane || quota.tenantId !== key.tenantId) continue
    ofTenant += quota.count
    if (quota.model === key.model) ofKey += quota.count
  }
  if (key.model !== UNROUTED) return bound - ofKey
  return Math.max(bound - ofTenant, Math.min(TRICKLE, bound - ofKey))
}

/** Shares `amount` among the groups that `by` puts together. */
function giveTo(
  shares: Shares,
  amount: number,
  groups: readonly Group[],
  { by, weightOf = () => 1 }: { by: (group: Group) => string; weightOf?: (name: string) => number },
): Array<{ groups: Group[]; count: number }> {
  const parts = [...Map.groupBy(groups, by)]
  const takers = parts.map(([name, ofName]) => ({
    name,
    weight: weightOf(name),
    room: ofName.reduce((sum, { room }) => sum + room, 0),
  }))
  const counts = shares.share(amount, takers)
  return parts.map(([, ofName], index) => ({ groups: ofName, count: counts[index] ?? 0 }))
}

/**
 * Whether the highest priority needs what it is given is not known; what it
 * leaves goes to the others in the next round, when it waits no more.
 */
function quotasOf(shares: Shares, { name, due }: Group, count: number): Quota[] {
  const highest = due.reduce((most, { priority }) => Math.max(most, priority), -Infinity)
  const first = due.filter(({ priority }) => priority === highest)
  const others = due.filter(({ priority }) => priority !== highest)
  const [ofFirst = 0, ofOthers = 0] = shares.share(count, [
    { name: `${name} first`, weight: HIGHEST_WEIGHT, room: Number.POSITIVE_INFINITY },
    { name: `${name} others`, weight: 1, room: others.length > 0 ? Number.POSITIVE_INFINITY : 0 },
  ])
  return [
    ...quotasAlike(shares, name, first, ofFirst),
    ...quotasAlike(shares, name, others, ofOthers),
  ]
}

function quotasAlike(shares: Shares, name: string, due: readonly Due[], amount: number): Quota[] {
  const takers = due.map(({ batchId }) => ({
    name: `${name} ${batchId}`,
    weight: 1,
    room: Number.POSITIVE_INFINITY,
  }))
  const counts = shares.share(amount, takers)
  return due.flatMap(({ lane, tenantId, model, batchId }, index) => {
    const count = counts[index] ?? 0
    return count > 0 ? [{ lane, tenantId, model, batchId, count }] : []
  })
}
