import { fileURLToPath } from 'node:url'
import { runner } from 'node-pg-migrate'

/** Brings the schema up to date; processes that start together wait for one another. Returns what was applied. */
export async function migrate(databaseUrl: string, schema: string): Promise<string[]> {
  const applied = await runner({
    databaseUrl,
    dir: fileURLToPath(new URL('./migrations', import.meta.url)),
    direction: 'up',
    schema,
    createSchema: true,
    migrationsTable: 'migrations',
    advisoryLockMode: 'wait',
    log: () => {},
  })
  return applied.map(({ name }) => name)
}
