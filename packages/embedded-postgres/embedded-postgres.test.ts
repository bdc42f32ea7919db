import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import pg from 'pg'
import { EmbeddedPostgres, runningDatabaseUrl } from './embedded-postgres.ts'
import { isAlive, postmasterPid } from './orphan.ts'

let folder: string
let postgres: EmbeddedPostgres | undefined
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'longhaul-pg-'))
})
afterEach(async () => {
  await postgres?.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function scalarOf(url: string, text: string): Promise<unknown> {
  const client = new pg.Client(url)
  await client.connect()
  const { rows } = await client.query({ text, rowMode: 'array' })
  await client.end()
  return rows[0]?.[0]
}

describe('an embedded PostgreSQL', () => {
  it('starts in a private folder, keeps its data, and stops', async () => {
    postgres = new EmbeddedPostgres({ dataDir: folder })
    await postgres.start()
    expect(runningDatabaseUrl(folder)).toBe(postgres.url)
    await scalarOf(postgres.url, 'CREATE TABLE kept AS SELECT 42 AS n')
    const { pid } = postgres
    await postgres.stop()
    expect(pid !== undefined && isAlive(pid)).toBe(false)
    expect(runningDatabaseUrl(folder)).toBeUndefined()
    postgres = new EmbeddedPostgres({ dataDir: folder })
    expect(await postgres.start()).toEqual({ orphan: undefined })
    expect(await scalarOf(postgres.url, 'SELECT n FROM kept')).toBe(42)
  })

  it('is started again on the same port when it is killed', async () => {
    const back = Promise.withResolvers<void>()
    postgres = new EmbeddedPostgres({
      dataDir: folder,
      log: message => message.includes('back') && back.resolve(),
    })
    await postgres.start()
    const { url, pid } = postgres
    process.kill(pid ?? 0, 'SIGKILL')
    await back.promise
    expect(postgres.url).toBe(url)
    expect(postgres.pid).not.toBe(pid)
    expect(await scalarOf(url, 'SELECT 1')).toBe(1)
  })

  it('stops the one that outlived its parent', async () => {
    const code = `
      import { EmbeddedPostgres } from '@longhaul/embedded-postgres'
      await new EmbeddedPostgres({ dataDir: process.argv[1] }).start()
      process.kill(process.pid, 'SIGKILL')`
    const parent = spawn(process.execPath, ['--input-type=module-typescript', '-e', code, folder], {
      stdio: 'inherit',
    })
    await once(parent, 'exit')
    const orphan = postmasterPid(join(folder, 'postgres'))
    postgres = new EmbeddedPostgres({ dataDir: folder })
    expect(await postgres.start()).toEqual({ orphan })
    expect(await scalarOf(postgres.url, 'SELECT 1')).toBe(1)
  })
})
