import { type Bus, openKafkaBus } from '@longhaul/bus'
import { Ledger, startLoad } from '../bus-kafka/ledger.ts'
import { eventually } from '../conformance/eventually.ts'
import type { FaultOptions, FaultReport } from './report.ts'
import { ThreeBrokers } from './three-brokers.ts'

const TOPIC = 'jobs'
const PARTITIONS = 3
const REPLICATION = 3
const EVERY_MS = 5
const WORK_MS = 20
const WINDOW = 50
const PATIENCE_MS = 60_000

/**
 * Of three brokers the one that leads is killed with SIGKILL under load: what is
 * published goes on being taken and handed over with the two that are left, and
 * nothing that was acknowledged is missing. It comes back and catches up before
 * the next one is killed.
 */
export async function killBrokers(
  options: FaultOptions & { kills?: number },
): Promise<FaultReport> {
  const { jobs, seed, kills = 3, log = () => {} } = options
  const brokers = await ThreeBrokers.start()
  const buses: Bus[] = []
  try {
    for (const clientId of ['publisher', 'worker-1', 'worker-2']) {
      buses.push(await open(brokers, clientId))
    }
    const [publisher, ...workers] = buses as [Bus, ...Bus[]]
    const ledger = new Ledger()
    for (const bus of buses) await bus.ensureTopics([TOPIC])
    await brokers.untilInSync(TOPIC)
    const copies = await brokers.copiesOf(TOPIC)
    for (const worker of workers)
      await worker.consume({ ...CONSUMER, handle: ledger.work(WORK_MS) })

    const load = startLoad(ledger, publisher, TOPIC, EVERY_MS)
    const gapsMs: number[] = []
    for (let number = 1; number <= kills; number += 1) {
      await reached(ledger, (jobs * number) / (kills + 1))
      const leader = await brokers.leaderOf(TOPIC)
      await brokers.kill(leader)
      const killedAt = performance.now()
      const taken = ledger.published.size
      await reached(ledger, taken + 100)
      gapsMs.push(performance.now() - killedAt)
      log(`broker ${leader} killed; 100 more were taken after ${Math.round(gapsMs.at(-1) ?? 0)} ms`)
      await brokers.restart(leader)
      await brokers.untilInSync(TOPIC)
    }
    await reached(ledger, jobs)
    await load.stop()
    await ledger.complete(PATIENCE_MS).catch(() => {})
    const healthy = await Promise.all(buses.map(becomesHealthy))
    const promises: Array<[boolean, string]> = [
      [copies.every(count => count === REPLICATION), `copies of the partitions: ${copies}`],
      [ledger.missing.length === 0, `${ledger.missing.length} were taken and never handed over`],
      [healthy.every(Boolean), 'a bus did not become healthy again'],
    ]
    return {
      name: 'Brokers are killed, one of three at a time',
      seed,
      violations: promises.filter(([kept]) => !kept).map(([, violation]) => violation),
      figures: {
        messages: ledger.published.size,
        'refused meanwhile, and told so': ledger.refused,
        'handed over again': ledger.repeats,
        'ms from kill to 100 more taken': gapsMs.map(Math.round).join(', '),
      },
    }
  } finally {
    await Promise.all(buses.map(bus => bus.stop()))
    await brokers.end()
  }
}

const CONSUMER = { topics: [TOPIC], group: 'workers', window: WINDOW, versions: [1] }

function open(brokers: ThreeBrokers, clientId: string): Promise<Bus> {
  return openKafkaBus({
    ...{ brokers: brokers.addresses, clientId, sessionTimeoutMs: 6_000 },
    ...{ partitions: PARTITIONS, replication: REPLICATION },
  })
}

/** For as long as more are taken. */
async function reached(ledger: Ledger, count: number): Promise<void> {
  while (ledger.published.size < count) {
    const before = ledger.published.size
    await eventually(
      () => ledger.published.size,
      size => size > before,
      PATIENCE_MS,
    )
  }
}

async function becomesHealthy(bus: Bus): Promise<boolean> {
  const healthy = eventually(
    () => bus.health().ok,
    ok => ok,
    PATIENCE_MS,
  )
  return healthy.catch(() => false)
}
