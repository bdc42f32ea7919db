import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EmbeddedPostgres } from '@longhaul/embedded-postgres'

declare global {
  var longhaulTestPostgres: EmbeddedPostgres | undefined
  var longhaulTestFolder: string | undefined
}

/** One PostgreSQL for the whole run, unless `DATABASE_URL` names one; each test has a schema of its own. */
export default async function globalSetup(): Promise<void> {
  if (process.env.DATABASE_URL) {
    process.env.LONGHAUL_TEST_DATABASE_URL = process.env.DATABASE_URL
    return
  }
  const folder = mkdtempSync(join(tmpdir(), 'longhaul-test-'))
  const postgres = new EmbeddedPostgres({ dataDir: folder })
  await postgres.start()
  globalThis.longhaulTestPostgres = postgres
  globalThis.longhaulTestFolder = folder
  process.env.LONGHAUL_TEST_DATABASE_URL = postgres.url
}
