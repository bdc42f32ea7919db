import type { Latency } from './behaviour.ts'
import type { Random } from './random.ts'

/** Milliseconds until the first token of one call. */
export function sampleLatencyMs(latency: Latency | undefined, random: Random): number {
  if (latency === undefined) return 0
  if (typeof latency === 'number') return latency
  switch (latency.distribution) {
    case 'uniform':
      return latency.min + (latency.max - latency.min) * random()
    case 'lognormal':
      return latency.median * Math.exp(latency.sigma * standardNormal(random))
    case 'exponential':
      return -latency.mean * Math.log(1 - random())
  }
}

/** Box-Muller. */
function standardNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}
