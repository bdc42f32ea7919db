import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { type Bus, openKafkaBus } from '@longhaul/bus'
import { eventually } from '../conformance/eventually.ts'
import { ThreeBrokers } from '../fault/three-brokers.ts'
import { describeOn } from '../servers.ts'
import { Ledger } from './ledger.ts'

const TOPIC = 'jobs'
/** Several for each broker, so that those of one that dies go to both that are left. */
const PARTITIONS = 12
const MESSAGES = 120
/** So long that the packs of a request go to most partitions. */
const TEXT = 'x'.repeat(5 * 1024)
const PATIENCE_MS = 60_000

await describeOn(
  'local-kafka',
  'when a broker dies with a request of which others had a part',
  () => {
    let brokers: ThreeBrokers
    let bus: Bus

    beforeAll(async () => {
      brokers = await ThreeBrokers.start()
      bus = await openKafkaBus({
        ...{ brokers: brokers.proxiedAddresses, clientId: 'tests', sessionTimeoutMs: 6_000 },
        ...{ partitions: PARTITIONS, replication: 3, publishTimeoutMs: PATIENCE_MS },
      })
      await bus.ensureTopics([TOPIC])
      await brokers.untilInSync(TOPIC)
    }, 3 * PATIENCE_MS)

    afterAll(async () => {
      await bus?.stop()
      await brokers?.end()
    })

    it(
      'nothing is acknowledged that the new leaders of its partitions did not get',
      async () => {
        const ledger = new Ledger()
        await ledger.publishMany(bus, TOPIC, MESSAGES, TEXT)
        const before = await brokers.countOf(TOPIC)
        const leader = await brokers.leaderOf(TOPIC)
        brokers.proxyOf(leader).cut()
        const publishing = ledger.publishMany(bus, TOPIC, MESSAGES, TEXT)
        await eventually(
          () => brokers.countOf(TOPIC),
          count => count > before,
        )
        await brokers.kill(leader)
        await brokers.proxyOf(leader).close()
        await publishing
        expect(ledger.refused).toBe(0)

        const consumer = { topics: [TOPIC], group: 'workers', window: MESSAGES, versions: [1] }
        await bus.consume({ ...consumer, handle: ledger.work(0) })
        await ledger.complete(PATIENCE_MS).catch(() => {})
        expect(ledger.missing).toEqual([])
      },
      3 * PATIENCE_MS,
    )
  },
)
