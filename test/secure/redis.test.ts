import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { systemClock } from '@longhaul/contracts'
import { openRedisCoordination } from '@longhaul/coordination'
import { bullmqOnRedis } from '@longhaul/delivery-queue'
import { freePort } from '@longhaul/embedded-postgres'
import { LocalRedis } from '@longhaul/local-servers'
import { startTelemetry } from '@longhaul/telemetry'
import { BREAKER } from '../conformance/coordination/surroundings.ts'
import { event } from '../conformance/delivery-queue.ts'
import { eventually } from '../conformance/eventually.ts'
import { describeOn } from '../servers.ts'
import { Authority, type Issued } from './authority.ts'

const START_MS = 120_000
const USER = 'longhaul'
/** With what has a meaning in addresses. */
const PASSWORD = 's3cret/of:the@server'

await describeOn('local-redis', 'a Redis with TLS and users', () => {
  let folder: string
  let redis: LocalRedis
  let port: number
  let authority: Authority
  let client: Issued
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'longhaul-secure-redis-'))
    authority = await Authority.make(join(folder, 'certificates'))
    const server = await authority.issue('redis', ['DNS:localhost', 'IP:127.0.0.1'])
    client = await authority.issue('client')
    port = await freePort()
    redis = new LocalRedis({
      dataDir: folder,
      settings: [
        ['tls-port', String(port)],
        ['tls-cert-file', server.cert],
        ['tls-key-file', server.key],
        ['tls-ca-cert-file', authority.ca],
        ['tls-auth-clients', 'yes'],
        ['user', USER, 'on', `>${PASSWORD}`, '~*', '&*', '+@all'],
      ],
    })
    await redis.start()
  }, START_MS)
  afterAll(async () => {
    await redis.kill()
    rmSync(folder, { recursive: true, force: true })
  })

  const address = (password = PASSWORD, scheme = 'rediss') =>
    `${scheme}://${USER}:${encodeURIComponent(password)}@127.0.0.1:${port}/0`
  const trusted = () => ({ ca: readFileSync(authority.ca, 'utf8') })
  const own = () => ({
    cert: readFileSync(client.cert, 'utf8'),
    key: readFileSync(client.key, 'utf8'),
  })

  it('coordinates through it, and carries the attempts of webhooks', async () => {
    const tls = { ...trusted(), ...own() }
    const { coordination, logged } = await open({ url: address(), tls })
    expect(coordination.shared).toBe(true)
    await coordination.stop()

    const handed: string[] = []
    const queue = bullmqOnRedis({ redisUrl: address(), tls, keyPrefix: 'secure' })({
      handle: async attempt => void handed.push(attempt.id),
      ...{ concurrency: 1, clock: systemClock },
      logger: startTelemetry({ service: 'secure-test', logLevel: 'silent' }).logger,
    })
    await queue.start()
    const sent = event()
    await queue.enqueue([sent])
    await eventually(
      () => handed,
      ids => ids.includes(sent.id),
    )
    await queue.stop(1_000)
    expect(logged()).not.toContain(PASSWORD)
  })

  it.each<[string, () => { url: string; tls?: object }, string]>([
    [
      'a wrong password',
      () => ({ url: address('wr0ng'), tls: { ...trusted(), ...own() } }),
      'correct the user and password in REDIS_URL',
    ],
    ['an authority that nobody named', () => ({ url: address(), tls: own() }), 'REDIS_TLS_CA_FILE'],
    ['no certificate', () => ({ url: address(), tls: trusted() }), 'REDIS_TLS_CERT_FILE'],
    [
      'TLS where there is none',
      () => ({ url: redis.url.replace('redis://', 'rediss://'), tls: trusted() }),
      'Redis may not speak TLS there',
    ],
    ['no TLS where it is expected', () => ({ url: address(PASSWORD, 'redis') }), 'REDIS_URL'],
  ])('%s: it goes on alone, and tells why', async (_what, access, words) => {
    const { coordination, logged } = await open(access())
    expect(coordination.shared).toBe(false)
    await eventually(
      () => coordination.health().detail,
      detail => detail.includes(words),
    )
    await coordination.stop()
    expect(logged()).toContain('Redis cannot be reached')
    expect(logged() + coordination.health().detail).not.toMatch(/s3cret|wr0ng/)
  })

  async function open(access: { url: string; tls?: object }) {
    const lines: string[] = []
    const coordination = await openRedisCoordination({
      ...access,
      ...{ clock: systemClock, breaker: BREAKER, keyPrefix: 'secure' },
      logger: { warn: (fields, text) => lines.push(`${text} ${JSON.stringify(fields)}`) },
    })
    return { coordination, logged: () => lines.join('\n') }
  }
})
