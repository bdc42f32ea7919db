import { describe, expect, it } from '@jest/globals'
import type { Env } from '@longhaul/runtime'
import pg from 'pg'
import { testDatabaseUrl } from '../../../test/database.ts'
import { runCli } from '../program.ts'

async function migrate(env: Env) {
  const printed: string[] = []
  const complained: string[] = []
  const code = await runCli(['migrate'], {
    env,
    print: text => printed.push(text),
    complain: text => complained.push(text),
  })
  return { code, printed: printed.join(''), complained: complained.join('') }
}

/** A test server may hold the schema `longhaul` already: other tests of the command line use it too. */
describe('migrate', () => {
  it('makes the tables, and does nothing when it is run again', async () => {
    const env = { DATABASE_URL: testDatabaseUrl() }
    expect(await migrate(env)).toMatchObject({ code: 0, complained: '' })
    expect(await migrate(env)).toEqual({ code: 0, printed: 'Nothing to do.\n', complained: '' })

    const client = new pg.Client(env.DATABASE_URL)
    await client.connect()
    const { rows } = await client.query(`SELECT to_regclass('longhaul.jobs') IS NOT NULL AS there`)
    await client.end()
    expect(rows).toEqual([{ there: true }])
  })

  it.each([
    [{}, 'DATABASE_URL is missing'],
    [{ DATABASE_URL: 'mysql://db/x' }, 'DATABASE_URL is not the address of a PostgreSQL'],
    [{ DATABASE_URL: 'postgres://127.0.0.1:9/x' }, '127.0.0.1:9 — is DATABASE_URL right?'],
    [{ DATABASE_URL: 'postgres://localhost:9/x' }, ':9 — is DATABASE_URL right?'],
  ])('with %j ends with 1 and says why', async (env, message) => {
    const { code, complained } = await migrate(env)
    expect([code, complained]).toEqual([1, expect.stringContaining(message)])
  })
})
