import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { openStore } from '@longhaul/store'
import { openTestStore, type TestStore } from '../../../test/database.ts'
import { runCli } from '../program.ts'

let db: TestStore
beforeAll(async () => {
  db = await openTestStore()
})
afterAll(() => db.close())

/** The command line works on the schema `longhaul` of the database; tests may share it. */
async function keys(...words: string[]) {
  const printed: string[] = []
  const complained: string[] = []
  const code = await runCli(['keys', ...words], {
    env: { DATABASE_URL: db.databaseUrl },
    print: text => printed.push(text),
    complain: text => complained.push(text),
  })
  return { code, printed: printed.join(''), complained: complained.join('') }
}

describe('keys', () => {
  it('are made for a tenant, listed without what they are, and revoked', async () => {
    const { printed } = await keys('create', '--tenant', 'team-a', '--name', 'laptop')
    const key = printed.trim()
    expect(key).toMatch(/^lh_[\w-]{32}$/)
    const store = await openStore({ databaseUrl: db.databaseUrl })
    expect(await store.tenants.ofKey(key)).toMatchObject({ name: 'team-a' })

    const list = await keys('list')
    expect(list.printed).toMatch(/key_[0-9a-f]{32} +│ team-a +│ laptop/)
    expect(list.printed).not.toContain(key)

    const id = /key_[0-9a-f]{32}(?= +│ team-a)/.exec(list.printed)?.[0] ?? ''
    expect(await keys('revoke', id)).toMatchObject({ code: 0 })
    expect(await store.tenants.ofKey(key)).toBeUndefined()
    expect(await keys('revoke', id)).toMatchObject({
      code: 1,
      complained: expect.stringContaining('no key'),
    })
    await store.stop()
  })

  it('need an id of a key', async () => {
    expect(await keys('revoke', 'job_1')).toMatchObject({ code: 1 })
  })

  describe('without DATABASE_URL', () => {
    let folder: string
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'longhaul-keys-'))
    })
    afterEach(() => rmSync(folder, { recursive: true, force: true }))

    /** Leaves there what a running PostgreSQL does: its pid, and in the fourth line its port. */
    function pretendRunning(dataDir: string, port: number): void {
      mkdirSync(join(dataDir, 'postgres'), { recursive: true })
      const lines = [process.pid, dataDir, 0, port].join('\n')
      writeFileSync(join(dataDir, 'postgres/postmaster.pid'), lines)
      writeFileSync(join(dataDir, 'postgres.password'), 'secret')
    }

    async function complaint(): Promise<string> {
      const complained: string[] = []
      const code = await runCli(['keys', 'list'], {
        env: { LONGHAUL_DATA_DIR: folder },
        print: () => {},
        complain: text => complained.push(text),
      })
      expect(code).toBe(1)
      return complained.join('')
    }

    it('need a Longhaul that runs on the data folder', async () => {
      expect(await complaint()).toContain(
        `No Longhaul runs on ${folder} or ${join(folder, 'cluster')}: start it (npm start`,
      )
    })

    it('are those of a cluster that runs there', async () => {
      pretendRunning(join(folder, 'cluster'), 1)
      await expect(complaint()).rejects.toThrow('ECONNREFUSED 127.0.0.1:1')
    })

    it('are of neither when both run there, until one is named', async () => {
      pretendRunning(folder, 1)
      pretendRunning(join(folder, 'cluster'), 1)
      expect(await complaint()).toContain(`LONGHAUL_DATA_DIR=${join(folder, 'cluster')}`)
    })
  })
})
