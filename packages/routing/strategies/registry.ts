import type { Policy, StrategyName } from '@longhaul/contracts'
import { cheapest } from './cheapest.ts'
import { fastest } from './fastest.ts'
import { leastBusy } from './least-busy.ts'
import { predictive } from './predictive.ts'
import { roundRobin } from './round-robin.ts'
import { rules } from './rules.ts'
import { semantic } from './semantic.ts'
import type { Strategy, StrategyFactory } from './strategy.ts'
import { weighted } from './weighted.ts'

/** A new strategy is one file beside these, one line here, and its name in `contracts/catalog.ts`. */
const factories: Record<StrategyName, StrategyFactory> = {
  'round-robin': roundRobin,
  weighted,
  cheapest,
  fastest,
  'least-busy': leastBusy,
  rules,
  semantic,
  predictive,
}

export function createStrategy(name: StrategyName, policy: Policy): Strategy {
  return factories[name](policy, other => createStrategy(other, policy))
}
