import type { Bus } from '@longhaul/bus'
import {
  type Config,
  deploymentKey,
  type HeldView,
  lanes,
  modelTopic,
  SUBMITTED_TOPIC,
} from '@longhaul/contracts'
import type { BreakerState, Coordination } from '@longhaul/coordination'
import type { Store } from '@longhaul/store'
import type { Telemetry } from '@longhaul/telemetry'
import { ROUTER_GROUP, workerGroup } from './consumer-groups.ts'
import type { PolicyHoldings } from './holdings/policy-holdings.ts'
import type { QueueFigures } from './queue-figures.ts'

const breakerValues: Record<BreakerState, number> = { closed: 0, 'half-open': 1, open: 2 }

/** The gauges of what all services share, read at each scrape. */
export function observeGauges(
  parts: {
    store: Store
    bus: Bus
    coordination: Coordination
    telemetry: Telemetry
    queues: QueueFigures
    holdings: PolicyHoldings
  },
  currentConfig: () => Config,
): void {
  const { store, bus, coordination, queues, holdings } = parts
  const { metrics } = parts.telemetry
  metrics.breakerState.observe(() =>
    deploymentsOf(currentConfig()).map(deployment => [
      breakerValues[coordination.breakers.view(deployment).state],
      { deployment },
    ]),
  )
  metrics.coordinationShared.observe(() => [[coordination.shared ? 1 : 0, {}]])
  metrics.busRoom.observe(() =>
    consumedUnder(currentConfig()).map(({ topic }) => [bus.room(topic), { topic }]),
  )
  metrics.busLag.observe(() =>
    Promise.all(
      consumedUnder(currentConfig()).map(
        async labels => [await bus.lag(labels.topic, labels.group), labels] as const,
      ),
    ),
  )
  metrics.queueWaitPredicted.observe(async () => {
    await queues.look()
    return Object.keys(currentConfig().models).flatMap(model => {
      const waits = queues.waitsFor(model)
      return waits ? lanes.map(lane => [waits[lane].ms / 1_000, { model, lane }] as const) : []
    })
  })
  const ofPolicies = (figure: (view: HeldView) => number) => () =>
    holdings.all.map(([policy, { view }]) => [figure(view), { policy, holds: view.holds }] as const)
  metrics.policyTarget.observe(ofPolicies(({ target }) => target))
  metrics.policyUsed.observe(ofPolicies(({ used }) => used))
  metrics.policyShadowPrice.observe(ofPolicies(view => view.shadow_price))
  metrics.storeWaiting.observe(() =>
    Object.entries(store.jobs.waiting).map(([statement, rows]) => [rows, { statement }]),
  )
}

function deploymentsOf(config: Config): string[] {
  return Object.entries(config.models).flatMap(([model, settings]) =>
    Object.keys(settings.deployments).map(name => deploymentKey(model, name)),
  )
}

function consumedUnder(config: Config): Array<{ topic: string; group: string }> {
  return [
    { topic: SUBMITTED_TOPIC, group: ROUTER_GROUP },
    ...Object.keys(config.models).flatMap(model =>
      lanes.map(lane => ({ topic: modelTopic(model, lane), group: workerGroup(model) })),
    ),
  ]
}
