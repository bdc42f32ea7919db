import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { type Bus, type BusHealth, type KafkaBusOptions, openKafkaBus } from '@longhaul/bus'
import { eventually } from '../conformance/eventually.ts'
import { RunningTime } from '../running-time.ts'
import { describeOn } from '../servers.ts'
import { allowGroup, forbidGroup } from './kafka-rights.ts'
import { PASSWORD, type SecureKafka, startSecureKafka, USER } from './secure-kafka.ts'

const START_MS = 120_000
const TEST_MS = 150_000
/** A consumer that failed rests for up to 5 s. */
const PATIENCE_MS = 60_000
/** Of a start while nothing can be reached: connecting has 5 s, and a second to say why it failed. */
const LONGEST_START_MS = 10_000
const WRONG = 'not-the-passw0rd'

interface Trial {
  startMs: number
  health: BusHealth
  refused: string
  logged: string
}

type Access = Pick<KafkaBusOptions, 'brokers' | 'tls' | 'sasl'>

await describeOn('local-kafka', 'on a broker that wants to know who speaks', () => {
  let kafka: SecureKafka
  /** All at once, since each takes as long as starting is patient. */
  let trials: ReadonlyMap<string, Promise<Trial>>
  beforeAll(async () => {
    kafka = await startSecureKafka()
    trials = new Map(faults.map(([what, access]) => [what, attempt(access())]))
  }, START_MS)
  afterAll(() => kafka.end())

  const trusted = () => ({ ca: read(kafka.authority.ca) })
  const own = () => ({ cert: read(kafka.client.cert), key: read(kafka.client.key) })
  const user = (mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512', password = PASSWORD) => ({
    sasl: { mechanism, username: USER, password },
  })

  const ways: Array<[name: string, access: () => Access]> = [
    ['SASL PLAIN', () => ({ ...user('plain'), brokers: [kafka.saslPlaintext] })],
    ['SASL PLAIN over TLS', () => ({ ...user('plain'), ...overTls(kafka.saslSsl) })],
    ['SCRAM-SHA-256 over TLS', () => ({ ...user('scram-sha-256'), ...overTls(kafka.saslSsl) })],
    ['SCRAM-SHA-512 over TLS', () => ({ ...user('scram-sha-512'), ...overTls(kafka.saslSsl) })],
    ['a certificate', () => ({ brokers: [kafka.mutual], tls: { ...trusted(), ...own() } })],
  ]
  function overTls(broker: string): Access {
    return { brokers: [broker], tls: trusted() }
  }

  it.each(ways)(
    'topics are created, published to and consumed with %s',
    async (name, access) => {
      const { bus, logged } = await open(access())
      const handed: string[] = []
      const topic = name.replaceAll(/\W/g, '-')
      await bus.ensureTopics([topic])
      await bus.consume({
        ...{ topics: [topic], group: topic, window: 10, versions: [1] },
        handle: delivery => {
          handed.push(delivery.message.key)
          delivery.ack()
        },
      })
      await bus.publish(topic, message('first'))
      await eventually(
        () => handed.length,
        count => count > 0,
      )
      expect(bus.health()).toEqual({ ok: true, detail: expect.stringContaining('running') })
      await bus.stop()
      expect(logged()).not.toContain(PASSWORD)
    },
    TEST_MS,
  )

  const faults: Array<[what: string, access: () => Access, words: string[]]> = [
    ...(['plain', 'scram-sha-256', 'scram-sha-512'] as const).map(
      (mechanism): [string, () => Access, string[]] => [
        `a wrong password by ${mechanism}`,
        () => ({ ...user(mechanism, WRONG), ...overTls(kafka.saslSsl) }),
        [`refuses the user ${USER} by SASL ${mechanism}`, 'KAFKA_SASL_PASSWORD'],
      ],
    ),
    [
      'an authority that nobody named',
      () => ({ ...user('plain'), brokers: [kafka.saslSsl], tls: true }),
      ['of no authority that is trusted here', 'KAFKA_TLS_CA_FILE'],
    ],
    [
      'a name that the certificate does not have',
      () => ({ ...user('plain'), ...overTls(kafka.saslSsl.replace('127.0.0.1', '127.1')) }),
      ['is for another name', 'KAFKA_BROKERS'],
    ],
    [
      'no TLS where it is expected',
      () => ({ ...user('plain'), brokers: [kafka.saslSsl] }),
      ['it may expect TLS', 'KAFKA_TLS=true'],
    ],
    [
      'TLS where there is none',
      () => overTls(kafka.plaintext),
      ['does not speak TLS with us', 'KAFKA_TLS'],
    ],
    [
      'no certificate where one is expected',
      () => overTls(kafka.mutual),
      ['wants a certificate of this client', 'KAFKA_TLS_CERT_FILE'],
    ],
    [
      'no user where one is expected',
      () => overTls(kafka.saslSsl),
      ['it may expect SASL', 'KAFKA_SASL_MECHANISM'],
    ],
    [
      'a user where there are none',
      () => ({ ...user('plain'), brokers: [kafka.mutual], tls: { ...trusted(), ...own() } }),
      ['takes no SASL on this port', 'KAFKA_SASL_MECHANISM'],
    ],
  ]

  it.each(faults)(
    '%s: health and every refusal name the setting, and nothing tells the password',
    async (what, _access, words) => {
      const { health, refused, logged, startMs } = await (trials.get(what) ?? missing(what))
      expect(startMs).toBeLessThan(LONGEST_START_MS)
      expect(health.ok).toBe(false)
      for (const word of words) {
        expect(health.detail).toContain(word)
        expect(refused).toContain(word)
        expect(logged).toContain(word)
      }
      const all = health.detail + refused + logged
      for (const secret of [PASSWORD, WRONG]) expect(all).not.toContain(secret)
    },
    TEST_MS,
  )

  it(
    'an error that is for good ends no consumer: health is red until it works again',
    async () => {
      const group = 'forbidden'
      const { bus, logged } = await open({ ...user('plain'), brokers: [kafka.saslPlaintext] })
      const handed: string[] = []
      await bus.ensureTopics(['rights'])
      await bus.consume({
        ...{ topics: ['rights'], group, window: 10, versions: [1] },
        handle: delivery => {
          handed.push(delivery.message.key)
          delivery.ack()
        },
      })
      await forbidGroup(kafka.plaintext, USER, group)
      const { detail } = await eventually(
        () => bus.health(),
        ({ ok }) => !ok,
      )
      expect(detail).toContain('consumer forbidden crashed: the broker does not allow it')
      expect(logged()).toContain('a consumer failed; restarting')
      await bus.publish('rights', message('meanwhile'))

      await allowGroup(kafka.plaintext, USER, group)
      await eventually(
        () => handed.length,
        count => count === 1,
        PATIENCE_MS,
      )
      expect(bus.health().ok).toBe(true)
      await bus.stop()
    },
    TEST_MS,
  )

  it(
    'more copies than there are brokers: it is told with both figures',
    async () => {
      const { health, logged } = await attempt({ brokers: [kafka.plaintext] }, { replication: 3 })
      const words = 'kafka.replication is 3, and the cluster has 1 broker — start more, or lower it'
      expect(health).toEqual({ ok: false, detail: expect.stringContaining(words) })
      expect(logged).toContain(words)
    },
    TEST_MS,
  )

  async function attempt(access: Access, options: Partial<KafkaBusOptions> = {}): Promise<Trial> {
    const time = new RunningTime()
    const { bus, logged } = await open(access, options)
    await bus.ensureTopics(['never'])
    const startMs = time.elapsedMs
    time.stop()
    const health = bus.health()
    const refused = await bus.publish('never', message('never')).then(() => 'published', String)
    await bus.stop()
    return { startMs, health, refused, logged: logged() }
  }

  async function open(
    access: Access,
    options: Partial<KafkaBusOptions> = {},
  ): Promise<{ bus: Bus; logged: () => string }> {
    const lines: string[] = []
    const warn = (fields: object, text: string) => {
      lines.push(`${text} ${JSON.stringify(fields, ownText)}`)
    }
    const bus = await openKafkaBus({
      ...{ clientId: 'tests', partitions: 1, sessionTimeoutMs: 6_000, logger: { warn } },
      ...access,
      ...options,
    })
    return { bus, logged: () => lines.join('\n') }
  }
})

/** Of errors everything that a logger could show. */
function ownText(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value
  const { message, stack, cause } = value
  return { ...value, message, stack, cause }
}

function missing(what: string): never {
  throw new Error(`nobody tried ${what}`)
}

function message(key: string) {
  return { key, value: '{}', headers: { 'longhaul-schema': '1' } }
}

function read(path: string): string {
  return readFileSync(path, 'utf8')
}
