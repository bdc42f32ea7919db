import { type Lane, lanes } from '@longhaul/contracts'
import type { DispatchKey, DueKey } from '@longhaul/store'

export interface AllocateOptions {
  /** Jobs of one round, over all keys. */
  budget: number
  /** Jobs of a lane, tenant and model that may be published and unclaimed. */
  bound: (key: DispatchKey) => number
  laneWeights: Record<Lane, { weight: number }>
}

/** Jobs whose model is not known yet. */
const UNROUTED = ''
const TRICKLE = 5

export type Published = DispatchKey & { count: number }
/** What waits under a key; of two of a tenant the higher priority goes first. */
export type Due = DueKey & { priority: number }
export type Quota = DueKey & { count: number }

/**
 * Shares one round among the keys that have due work: lanes by weight, tenants
 * of a lane alike, models of a tenant alike, and what waits for one model alike
 * among the batches of the highest priority; what one cannot use goes to the
 * others. The batches of a lane, tenant and model share its room on the bus.
 *
 * Which model a job will get is not known before it was routed. While a tenant
 * has enough published in a lane, its unrouted jobs come as a trickle: those for
 * an idle model are still found, those for a busy one are not routed only to be
 * put back.
 *
 * Where a share cannot be divided evenly, those who come first in `due` get
 * more; the caller turns the order from round to round.
 * @param due keys with due work; how much is not known, so a quota is an upper bound
 * @param published what is on the bus already
 */
export function allocate(
  due: readonly Due[],
  published: readonly Published[],
  options: AllocateOptions,
): Quota[] {
  const groups = groupsOf(due, published, options).filter(({ room }) => room > 0)
  let left = options.budget
  while (left > 0) {
    const given = giveOnce(groups, left, options)
    if (given === 0) break
    left -= given
  }
  return groups.flatMap(quotasOf)
}

/** What waits of a lane, tenant and model. */
interface Group {
  key: DispatchKey
  due: Due[]
  count: number
  room: number
}

function groupsOf(
  due: readonly Due[],
  published: readonly Published[],
  options: AllocateOptions,
): Group[] {
  const byKey = Map.groupBy(due, ({ lane, tenantId, model }) => `${lane} ${tenantId} ${model}`)
  return [...byKey.values()].flatMap(ofKey => {
    const [first] = ofKey
    if (!first) return []
    const { lane, tenantId, model } = first
    const key = { lane, tenantId, model }
    return [{ key, due: ofKey, count: 0, room: roomOf(key, published, options.bound(key)) }]
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

/** One pass over everybody who has room left; returns how much it gave. */
function giveOnce(groups: readonly Group[], budget: number, options: AllocateOptions): number {
  const hungry = groups.filter(({ room }) => room > 0)
  const lanesWaiting = lanes.filter(lane => hungry.some(({ key }) => key.lane === lane))
  const weights = lanesWaiting.reduce((sum, lane) => sum + options.laneWeights[lane].weight, 0)
  let given = 0
  for (const lane of lanesWaiting) {
    const share = Math.ceil((budget * options.laneWeights[lane].weight) / weights)
    const ofLane = hungry.filter(({ key }) => key.lane === lane)
    given += giveToTenants(ofLane, Math.min(share, budget - given))
  }
  return given
}

function giveToTenants(groups: readonly Group[], share: number): number {
  const tenants = [...Map.groupBy(groups, ({ key }) => key.tenantId).values()]
  let given = 0
  for (const [index, ofTenant] of tenants.entries()) {
    const part = Math.ceil((share - given) / (tenants.length - index))
    given += giveToModels(ofTenant, part)
  }
  return given
}

function giveToModels(groups: readonly Group[], part: number): number {
  let given = 0
  for (const [index, group] of groups.entries()) {
    const count = Math.min(group.room, Math.ceil((part - given) / (groups.length - index)))
    group.count += count
    group.room -= count
    given += count
  }
  return given
}

/**
 * The highest priority has it all: whether it needs it is not known, and what
 * it leaves goes to the others in the next round, when it waits no more.
 */
function quotasOf({ due, count }: Group): Quota[] {
  const highest = due.reduce((most, { priority }) => Math.max(most, priority), -Infinity)
  const first = due.filter(({ priority }) => priority === highest)
  let left = count
  return first.flatMap(({ lane, tenantId, model, batchId }, index) => {
    const part = Math.ceil(left / (first.length - index))
    left -= part
    return part > 0 ? [{ lane, tenantId, model, batchId, count: part }] : []
  })
}
