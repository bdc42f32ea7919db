import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { type Bus, openKafkaBus } from '@longhaul/bus'
import { LocalKafka } from '@longhaul/local-servers'
import { eventually } from '../conformance/eventually.ts'
import { runningMs } from '../running-time.ts'
import { describeOn } from '../servers.ts'
import { Ledger, message, seconds, startLoad } from './ledger.ts'

const PUBLISH_TIMEOUT_MS = 2_000
const AWAY_SECONDS = 4
/** A broker takes some seconds to start, and several times that on a busy machine. */
const PATIENCE_MS = 60_000
const TEST_MS = 150_000

await describeOn('local-kafka', 'while the broker is away', () => {
  let folder: string
  let kafka: LocalKafka

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'longhaul-kafka-'))
    kafka = new LocalKafka({ dataDir: folder })
    await kafka.start()
  }, PATIENCE_MS)

  afterAll(async () => {
    await kafka.stop()
    await rm(folder, { recursive: true, force: true })
  })

  it(
    'killed: publishing fails in time, a bus can be opened and stopped, and all recover unaided',
    async () => {
      const running = await Running.begin(kafka, 'killed')
      await kafka.kill()
      await running.endures()
      await opensAndStops(kafka)
      const late = await LateComer.begin(kafka)

      await kafka.start()
      await Promise.all([running.recovers(), late.works()])
    },
    TEST_MS,
  )

  it(
    'stopped: publishing fails in time and recovers unaided',
    async () => {
      const running = await Running.begin(kafka, 'stopped')
      await kafka.stop()
      await running.endures()
      await seconds(AWAY_SECONDS)

      await kafka.start()
      await running.recovers()
    },
    TEST_MS,
  )
})

/** A bus under load from before the outage until after it. */
class Running {
  readonly #bus: Bus
  readonly #topic: string
  readonly #ledger = new Ledger()
  readonly #load: { stop(): Promise<void> }

  static async begin(kafka: LocalKafka, topic: string): Promise<Running> {
    const bus = await open(kafka)
    await bus.ensureTopics([topic])
    return new Running(bus, topic).#underLoad()
  }

  constructor(bus: Bus, topic: string) {
    this.#bus = bus
    this.#topic = topic
    this.#load = startLoad(this.#ledger, bus, topic, 10)
  }

  async #underLoad(): Promise<Running> {
    await this.#bus.consume({ ...consumerOf(this.#topic), handle: this.#ledger.work(20) })
    await eventually(
      () => this.#ledger.handed.size,
      size => size > 50,
    )
    return this
  }

  async endures(): Promise<void> {
    await eventually(
      () => this.#bus.room(this.#topic),
      room => room === 0,
    )
    let slowestMs = 0
    for (let round = 0; round < 20; round += 1) {
      const tookMs = await runningMs(() =>
        this.#bus.publish(this.#topic, message('refused')).catch(() => {}),
      )
      slowestMs = Math.max(slowestMs, tookMs)
    }
    expect(slowestMs).toBeLessThan(PUBLISH_TIMEOUT_MS + 1_000)
    expect(this.#ledger.refused).toBeGreaterThan(0)
    expect(this.#bus.health().ok).toBe(false)
    expect(await this.#bus.lag(this.#topic, 'workers')).toBeGreaterThanOrEqual(0)
  }

  async recovers(): Promise<void> {
    const before = this.#ledger.published.size
    await eventually(
      () => this.#ledger.published.size,
      size => size > before + 50,
      PATIENCE_MS,
    )
    await this.#load.stop()
    await this.#ledger.complete(PATIENCE_MS)
    await healthy(this.#bus)
    await this.#bus.stop()
  }
}

/** A bus that was opened during the outage. */
class LateComer {
  readonly #bus: Bus
  readonly #ledger = new Ledger()

  static async begin(kafka: LocalKafka): Promise<LateComer> {
    const late = new LateComer(await open(kafka))
    await late.#bus.ensureTopics(['late'])
    await late.#bus.consume({ ...consumerOf('late'), handle: late.#ledger.work(0) })
    await expect(late.#bus.publish('late', message('too early'))).rejects.toMatchObject({
      code: 'bus_unavailable',
    })
    expect(late.#bus.room('late')).toBe(0)
    expect(late.#bus.health().ok).toBe(false)
    return late
  }

  constructor(bus: Bus) {
    this.#bus = bus
  }

  async works(): Promise<void> {
    await healthy(this.#bus)
    await this.#ledger.publishMany(this.#bus, 'late', 10)
    expect(this.#ledger.refused).toBe(0)
    await this.#ledger.complete()
    await this.#bus.stop()
  }
}

async function opensAndStops(kafka: LocalKafka): Promise<void> {
  const bus = await open(kafka)
  await bus.ensureTopics(['never'])
  await bus.consume({ ...consumerOf('never'), handle: () => {} })
  expect(await runningMs(() => bus.stop())).toBeLessThan(5_000)
}

function consumerOf(topic: string) {
  return { topics: [topic], group: `workers.${topic}`, window: 50, versions: [1] }
}

function open(kafka: LocalKafka): Promise<Bus> {
  return openKafkaBus({
    brokers: kafka.brokers,
    clientId: 'outages',
    partitions: 3,
    sessionTimeoutMs: 6_000,
    publishTimeoutMs: PUBLISH_TIMEOUT_MS,
    lagMaxAgeMs: 100,
  })
}

async function healthy(bus: Bus): Promise<void> {
  await eventually(
    () => bus.health(),
    ({ ok }) => ok,
    PATIENCE_MS,
  )
}
