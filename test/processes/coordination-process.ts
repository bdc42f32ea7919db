import { systemClock } from '@longhaul/contracts'
import { openRedisCoordination } from '@longhaul/coordination'
import { BREAKER, KEY, permit } from '../conformance/coordination/surroundings.ts'

/** A process with three calls in flight and a probe, none of which ever ends: it is there to be killed. */
const [url = '', keyPrefix = ''] = process.argv.slice(2)
const coordination = await openRedisCoordination({
  ...{ url, keyPrefix },
  clock: systemClock,
  breaker: { ...BREAKER, probes: 1 },
})
for (let call = 0; call < 3; call += 1) coordination.live.begin(KEY, 'standard')
coordination.breakers.holdUntil(KEY, systemClock.now() + 200, 'Retry-After: 0.2')
await permit(coordination.breakers)
console.log('it has its probe')
