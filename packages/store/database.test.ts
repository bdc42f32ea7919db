import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { freePort } from '@longhaul/embedded-postgres'
import { openTestDatabase, type TestDatabase } from '../../test/database.ts'
import { TcpProxy } from '../../test/fault/tcp-proxy.ts'
import { Database } from './database.ts'

const APPLICATION = 'longhaul'
const MEBIBYTE = 1024 * 1024

let db: TestDatabase
let database: Database

beforeAll(async () => {
  db = await openTestDatabase()
  database = db.database
})
afterAll(() => db.close())

describe('bytes', () => {
  const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))

  it('come as they are', async () => {
    expect(await database.bytes(`SELECT '\\x${all.toString('hex')}'::bytea`)).toEqual(all)
    expect(await database.bytes(`SELECT ''::bytea`)).toEqual(Buffer.alloc(0))
    const large = await database.bytes(`SELECT decode(repeat('ab', ${MEBIBYTE}), 'hex')`)
    expect(large?.equals(Buffer.alloc(MEBIBYTE, 0xab))).toBe(true)
  })

  it('are undefined where there is no row, and where there is NULL', async () => {
    expect(await database.bytes(`SELECT ''::bytea WHERE false`)).toBeUndefined()
    expect(await database.bytes('SELECT NULL::bytea')).toBeUndefined()
  })

  it('fail with what the server says, and the next ones do not', async () => {
    await expect(database.bytes('SELECT 1 / 0')).rejects.toThrow('division by zero')
    expect(await database.bytes(`SELECT '\\x01'::bytea`)).toEqual(Buffer.from([1]))
  })

  it('fail as unavailable when their connection is ended, and the next ones do not', async () => {
    const read = database.bytes(`SELECT pg_sleep(60)::text::bytea`)
    const failed = expect(read).rejects.toMatchObject({ code: 'store_unavailable' })
    const ended = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE application_name = $1 AND query LIKE 'COPY (SELECT pg_sleep%'`
    while ((await db.query(ended, [APPLICATION])).length === 0);
    await failed
    expect(await database.bytes(`SELECT '\\x02'::bytea`)).toEqual(Buffer.from([2]))
  })

  it('fail as unavailable when the network breaks in the midst of them', async () => {
    const url = new URL(db.databaseUrl)
    const proxy = await TcpProxy.listen(await freePort(), Number(url.port))
    url.port = String(proxy.port)
    const options = { databaseUrl: url.href, schema: db.schema, maxConnections: 11 }
    const remote = new Database(options)
    const read = remote.bytes(`SELECT pg_sleep(60)::text::bytea`)
    const failed = expect(read).rejects.toMatchObject({ code: 'store_unavailable' })
    const asked = `SELECT 1 FROM pg_stat_activity WHERE query LIKE 'COPY (SELECT pg_sleep%'`
    while ((await db.query(asked)).length === 0);
    proxy.reset()
    await failed
    expect(await remote.bytes(`SELECT '\\x03'::bytea`)).toEqual(Buffer.from([3]))
    await remote.stop()
    await proxy.close()
  })

  it('leave no timer behind', async () => {
    const timers = () => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length
    const before = timers()
    for (let time = 0; time < 5; time++) await database.bytes(`SELECT ''::bytea`)
    expect(timers()).toBeLessThan(before + 5)
  })
})
