import { fileURLToPath } from 'node:url'
import { runner } from 'node-pg-migrate'
import { isUnreachable, StoreUnavailableError } from './errors.ts'

/**
 * Brings the schema up to date; processes that start together wait for one another.
 * @returns what was applied
 * @throws {StoreUnavailableError} the server cannot be reached
 */
export async function migrate(databaseUrl: string, schema: string): Promise<string[]> {
  try {
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
  } catch (error) {
    throw isUnreachable(error) ? new StoreUnavailableError(error) : error
  }
}
