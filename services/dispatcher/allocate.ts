import { type Lane, lanes } from '@longhaul/contracts'
import type { DispatchKey } from '@longhaul/store'

export interface AllocateOptions {
  /** Jobs of one round, over all keys. */
  budget: number
  /** Jobs that may be published and unclaimed per key. */
  perKey: number
  laneWeights: Record<Lane, { weight: number }>
}

/** Jobs whose model is not known yet. */
const UNROUTED = ''
const TRICKLE = 5

export type Quota = DispatchKey & { count: number }

/**
 * Shares one round among the keys that have due work: lanes by weight, tenants
 * of a lane alike, keys of a tenant alike; what one cannot use goes to the
 * others. A key gets no more than its room.
 *
 * Which model a job will get is not known before it was routed. While a tenant
 * has enough published in a lane, its unrouted jobs come as a trickle: those for
 * an idle model are still found, those for a busy one are not routed only to be
 * put back.
 * @param due keys with due work; how much is not known, so a quota is an upper bound
 * @param published what each key has on the bus already
 */
export function allocate(
  due: DispatchKey[],
  published: Quota[],
  options: AllocateOptions,
): Quota[] {
  const quotas = due
    .map(key => ({ ...key, count: 0, room: roomOf(key, published, options.perKey) }))
    .filter(({ room }) => room > 0)
  let left = options.budget
  while (left > 0) {
    const given = giveOnce(quotas, left, options)
    if (given === 0) break
    left -= given
  }
  return quotas
    .filter(({ count }) => count > 0)
    .map(({ lane, tenantId, model, count }) => ({ lane, tenantId, model, count }))
}

function roomOf(key: DispatchKey, published: Quota[], perKey: number): number {
  let ofKey = 0
  let ofTenant = 0
  for (const quota of published) {
    if (quota.lane !== key.lane || quota.tenantId !== key.tenantId) continue
    ofTenant += quota.count
    if (quota.model === key.model) ofKey += quota.count
  }
  if (key.model !== UNROUTED) return perKey - ofKey
  return Math.max(perKey - ofTenant, Math.min(TRICKLE, perKey - ofKey))
}

type Open = Quota & { room: number }

/** One pass over everybody who has room left; returns how much it gave. */
function giveOnce(quotas: Open[], budget: number, options: AllocateOptions): number {
  const hungry = quotas.filter(({ room }) => room > 0)
  const lanesWaiting = lanes.filter(lane => hungry.some(quota => quota.lane === lane))
  const weights = lanesWaiting.reduce((sum, lane) => sum + options.laneWeights[lane].weight, 0)
  let given = 0
  for (const lane of lanesWaiting) {
    const share = Math.ceil((budget * options.laneWeights[lane].weight) / weights)
    const ofLane = hungry.filter(quota => quota.lane === lane)
    given += giveToTenants(ofLane, Math.min(share, budget - given))
  }
  return given
}

function giveToTenants(quotas: Open[], share: number): number {
  const tenants = [...Map.groupBy(quotas, ({ tenantId }) => tenantId).values()]
  let given = 0
  for (const [index, keys] of tenants.entries()) {
    const part = Math.ceil((share - given) / (tenants.length - index))
    given += giveToKeys(keys, part)
  }
  return given
}

function giveToKeys(keys: Open[], part: number): number {
  let given = 0
  for (const [index, key] of keys.entries()) {
    const count = Math.min(key.room, Math.ceil((part - given) / (keys.length - index)))
    key.count += count
    key.room -= count
    given += count
  }
  return given
}
