import { describeEnvFaults, readLauncherEnv } from '@longhaul/runtime'
import { migrate, openStore } from '@longhaul/store'
import { withoutCredentials } from '@longhaul/telemetry'
import type { AddCommand, CliContext } from '../command.ts'

const SCHEMA = 'longhaul'
const MISSING = 'DATABASE_URL is missing — set it to postgres://user:password@host:5432/database'

/** For deployments that migrate once, before any service starts; services that find nothing to do start faster. */
export const addMigrate: AddCommand = (program, context, exit) => {
  program
    .command('migrate')
    .description('bring the database that DATABASE_URL names up to date')
    .action(async () => exit(await migrateDatabase(context)))
}

async function migrateDatabase({ env, print, complain }: CliContext): Promise<0 | 1> {
  // Of all settings only this one matters here; it is checked as everywhere else.
  const read = readLauncherEnv({ DATABASE_URL: env.DATABASE_URL })
  const databaseUrl = read.ok ? read.env.databaseUrl : undefined
  if (databaseUrl === undefined) {
    complain(`${read.ok ? MISSING : describeEnvFaults(read.faults)}\n`)
    return 1
  }
  try {
    const applied = await migrate(databaseUrl, SCHEMA)
    // Opening refuses a server that is too old, and makes the coming days' partitions.
    await (await openStore({ databaseUrl, schema: SCHEMA })).stop()
    for (const name of applied) print(`applied ${name}\n`)
    print(applied.length === 0 ? 'Nothing to do.\n' : 'The database is up to date.\n')
    return 0
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    complain(`The database could not be migrated: ${withoutCredentials(reason)}\n`)
    return 1
  }
}
