import { chownSync, copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { systemClock } from '@longhaul/contracts'
import { bullmqOnPostgres } from '@longhaul/delivery-queue'
import { EmbeddedPostgres } from '@longhaul/embedded-postgres'
import { openStore } from '@longhaul/store'
import { startTelemetry } from '@longhaul/telemetry'
import pg from 'pg'
import { event } from '../conformance/delivery-queue.ts'
import { eventually } from '../conformance/eventually.ts'
import { Authority } from './authority.ts'

const START_MS = 120_000
const TEST_MS = 120_000

describe('a PostgreSQL with TLS', () => {
  let folder: string
  let postgres: EmbeddedPostgres
  let authority: Authority
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'longhaul-secure-postgres-'))
    authority = await Authority.make(join(folder, 'certificates'))
    const { cert, key } = await authority.issue('postgres', ['DNS:localhost', 'IP:127.0.0.1'])
    postgres = new EmbeddedPostgres({ dataDir: folder, diesWithParent: true })
    await postgres.start()
    const cluster = join(folder, 'postgres')
    const { uid, gid } = statSync(cluster)
    for (const [from, name] of [
      [cert, 'server.crt'],
      [key, 'server.key'],
    ] as const) {
      copyFileSync(from, join(cluster, name))
      chownSync(join(cluster, name), uid, gid)
    }
    await query(postgres.url, 'ALTER SYSTEM SET ssl = on')
    await query(postgres.url, 'SELECT pg_reload_conf()')
    await eventually(
      () => query(postgres.url, "SELECT current_setting('ssl') AS ssl"),
      ([row]) => row?.ssl === 'on',
    )
  }, START_MS)
  afterAll(async () => {
    await postgres.stop(1_000)
    rmSync(folder, { recursive: true, force: true })
  })

  const address = (parameters: string, change: (url: URL) => void = () => {}) => {
    const url = new URL(postgres.url)
    change(url)
    return `${url}?${parameters}`
  }
  const verified = () => `sslmode=verify-full&sslrootcert=${encodeURIComponent(authority.ca)}`

  it(
    'keeps jobs, and carries the attempts of webhooks, over verified connections',
    async () => {
      const databaseUrl = address(verified())
      const store = await openStore({ databaseUrl, schema: 'secure' })
      expect(await store.health(5_000)).toEqual({ ok: true, detail: 'PostgreSQL answers' })
      const handed: string[] = []
      const queue = bullmqOnPostgres({ databaseUrl, schema: 'secure_queue' })({
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
      const plain = await query(
        postgres.url,
        `SELECT application_name FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
       WHERE NOT ssl AND pid <> pg_backend_pid() AND client_addr IS NOT NULL`,
      )
      expect(plain).toEqual([])
      await queue.stop(1_000)
      await store.stop()
    },
    TEST_MS,
  )

  it.each<[string, () => string, string]>([
    ['an authority that nobody named', () => address('sslmode=verify-full'), 'sslrootcert=PATH'],
    [
      'a name that the certificate does not have',
      () => address(verified(), url => (url.hostname = '127.1')),
      'for another name',
    ],
    [
      'a wrong password',
      () => address(verified(), url => (url.password = 'wr0ng')),
      'DATABASE_URL',
    ],
    [
      'a file that is not there',
      () => address('sslmode=verify-full&sslrootcert=/nowhere/ca.pem'),
      '/nowhere/ca.pem',
    ],
  ])('%s: the start fails, and says what to mend', async (_what, url, words) => {
    const failure = await openStore({ databaseUrl: url(), schema: 'secure' }).then(
      () => undefined,
      error => error,
    )
    expect(failure).toMatchObject({ code: 'store_unavailable' })
    expect(String(failure)).toContain(words)
    expect(String(failure.stack)).not.toMatch(new RegExp(`wr0ng|${new URL(postgres.url).password}`))
  })
})

async function query(url: string, text: string): Promise<Array<Record<string, unknown>>> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}
