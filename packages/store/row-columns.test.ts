import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { openTestStore, type TestStore } from '../../test/database.ts'
import { RowColumns } from './row-columns.ts'

const COLUMNS = new RowColumns({
  count: 'integer',
  cost: 'float8',
  id: 'uuid',
  body: 'text',
  usage: 'json',
})
const ID = '0199f3a2b4c57d6e8f90a1b2c3d4e5f6'

let db: TestStore

beforeAll(async () => {
  db = await openTestStore()
})
afterAll(() => db.close())

type Rows = Parameters<typeof COLUMNS.arrays>[0]

function read(rows: Rows) {
  return db.query(
    `SELECT count, cost, replace(id::text, '-', '') AS id, body, usage::text AS usage
     FROM ${COLUMNS.recordset(2)} WHERE $1::boolean`,
    [true, ...COLUMNS.arrays(rows)],
  )
}

describe('rows as an array per column', () => {
  it('come as they are', async () => {
    const rows = [
      { count: 0, cost: 0.1, id: ID, body: '', usage: '{}' },
      { count: -1, cost: -1e300, id: ID, body: '{"a\\"b": NULL, {ä, 🌍}}\n', usage: '[1, 2]' },
      { count: 2_147_483_647, cost: 1e-9, id: ID, body: 'x'.repeat(100_000), usage: 'null' },
    ]
    expect(await read(rows)).toEqual(rows)
  })

  it('are NULL where a row says nothing, be it in every row', async () => {
    const none = { count: null, cost: null, id: null, body: null, usage: null }
    expect(
      await read([
        { count: 1 },
        { body: null, cost: Number.NaN },
        { cost: Number.POSITIVE_INFINITY },
        { count: undefined, usage: '1' },
      ]),
    ).toEqual([{ ...none, count: 1 }, none, none, { ...none, usage: '1' }])
    expect(await read([])).toEqual([])
  })

  it('are refused for what PostgreSQL cannot hold, as data of a row', async () => {
    await expect(read([{ body: 'a\0b' }])).rejects.toMatchObject({ code: '22021' })
    await expect(read([{ usage: '{' }])).rejects.toMatchObject({ code: '22P02' })
  })

  it.each([{ count: 1.5 }, { count: 2_147_483_648 }, { id: 'abcd' }, { body: 'half \ud83d' }])(
    'are refused as data of a row for %j, which the type cannot hold',
    row => {
      expect(() => COLUMNS.arrays([{ count: 1 }, row])).toThrow(
        expect.objectContaining({ name: 'ValueError', code: '22P02' }),
      )
    },
  )
})
