import { readServiceEnv } from '@longhaul/runtime'
import { migrate, openStore } from '@longhaul/store'
import { withoutCredentials } from '@longhaul/telemetry'
import type { AddCommand, CliContext } from '../command.ts'

const SCHEMA = 'longhaul'

/** For deployments that migrate once, before any service starts; services that find nothing to do start faster. */
export const addMigrate: AddCommand = (program, context, exit) => {
  program
    .command('migrate')
    .description('bring the database that DATABASE_URL names up to date')
    .action(async () => exit(await migrateDatabase(context)))
}

async function migrateDatabase({ env, print, complain }: CliContext): Promise<0 | 1> {
  // Only its address matters here, but that is checked as a service would.
  const read = readServiceEnv({ DATABASE_URL: env.DATABASE_URL })
  if (!read.ok) {
    for (const { variable, message, remedy } of read.faults) {
      complain(`${variable} ${message} — ${remedy}\n`)
    }
    return 1
  }
  const { databaseUrl } = read.env
  try {
    const applied = await migrate(databaseUrl, SCHEMA)
    // Opening refuses a server that is too old, and makes the coming days' partitions.
    await (await openStore({ databaseUrl, schema: SCHEMA, maxConnections: 6 })).stop()
    for (const name of applied) print(`applied ${name}\n`)
    print(applied.length === 0 ? 'Nothing to do.\n' : 'The database is up to date.\n')
    return 0
  } catch (error) {
    complain(`The database could not be migrated: ${reasonOf(error)}\n`)
    return 1
  }
}

/** A connection that several addresses refused is an AggregateError without a message of its own. */
function reasonOf(error: unknown): string {
  const several = typeof error === 'object' && error !== null && 'errors' in error
  const first = several && Array.isArray(error.errors) ? error.errors[0] : error
  return withoutCredentials(String(first))
}
