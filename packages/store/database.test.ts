import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { newId } from '@longhaul/contracts'
import { freePort } from '@longhaul/embedded-postgres'
import pg from 'pg'
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

describe('a large row', () => {
  const into = 'blob_chunks (blob, number, content)'
  const rowOf = (blob: string, content: Uint8Array[]) => [
    [Buffer.from(blob, 'hex')],
    [Buffer.from([0, 0, 0, 1])],
    content,
  ]
  const written = (blob: string) =>
    database.bytes(`SELECT content FROM blob_chunks WHERE blob = '${blob}' AND number = 1`)

  it('is inserted as it comes, in any parts', async () => {
    const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
    const large = Buffer.alloc(MEBIBYTE, 0xcd)
    for (const content of [[], [all], [all.subarray(0, 1), Buffer.alloc(0), large, all]]) {
      const blob = newId('file').slice(-32)
      await database.insertLarge(into, rowOf(blob, content))
      expect(await written(blob)).toEqual(Buffer.concat(content))
    }
  })

  it('fails with what the server says, and the next one does not', async () => {
    const blob = newId('file').slice(-32)
    const row = rowOf(blob, [Buffer.alloc(MEBIBYTE)])
    await database.insertLarge(into, row)
    await expect(database.insertLarge(into, row)).rejects.toMatchObject({ code: '23505' })
    await expect(database.insertLarge('no_table (a)', [row[2] ?? []])).rejects.toMatchObject({
      code: '42P01',
    })
    await database.insertLarge(into, rowOf(newId('file').slice(-32), [Buffer.from('a')]))
  })

  it('fails as unavailable when its connection ends, or the network, and leaves nothing', async () => {
    const url = new URL(db.databaseUrl)
    const proxy = await TcpProxy.listen(await freePort(), Number(url.port))
    url.port = String(proxy.port)
    const remote = new Database({ databaseUrl: url.href, schema: db.schema, maxConnections: 11 })
    const locker = new pg.Client(db.databaseUrl)
    await locker.connect()
    const waiting = `SELECT pid FROM pg_stat_activity
      WHERE query LIKE 'COPY blob_chunks%' AND wait_event_type = 'Lock'`
    const breaks = {
      ended: () => db.query(`SELECT pg_terminate_backend(pid) FROM (${waiting}) w`),
      reset: async () => proxy.reset(),
    }
    for (const end of Object.values(breaks)) {
      await locker.query(`BEGIN; LOCK TABLE "${db.schema}".blob_chunks IN ACCESS EXCLUSIVE MODE`)
      const blob = newId('file').slice(-32)
      const put = remote.insertLarge(into, rowOf(blob, [Buffer.alloc(MEBIBYTE)]))
      const failed = expect(put).rejects.toMatchObject({ code: 'store_unavailable' })
      while ((await db.query(waiting)).length === 0);
      await end()
      await failed
      await locker.query('ROLLBACK')
      while ((await db.query(waiting)).length > 0);
      expect(await written(blob)).toBeUndefined()
      await remote.insertLarge(into, rowOf(blob, [Buffer.from('a')]))
    }
    await locker.end()
    await remote.stop()
    await proxy.close()
  })
})
