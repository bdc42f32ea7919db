import { join } from 'node:path'
import { uuidOf } from '@longhaul/contracts'
import { runningDatabaseUrl } from '@longhaul/embedded-postgres'
import { openStore, type Store } from '@longhaul/store'
import Table from 'cli-table3'
import type { AddCommand, CliContext } from '../command.ts'

/** API keys: kept as hashes, so a key is shown once, when it is made. */
export const addKeys: AddCommand = (program, context, exit) => {
  const keys = program
    .command('keys')
    .description('make, list and revoke API keys (DATABASE_URL, or the Longhaul that runs here)')
  keys
    .command('create')
    .description('make a key and print it, once')
    .option('--tenant <name>', 'whose jobs it sees; made if there is none', 'default')
    .option('--name <name>', 'what it is for', 'made by the command line')
    .action(async ({ tenant, name }: { tenant: string; name: string }) =>
      exit(await withStore(context, store => createKey(store, context, tenant, name))),
    )
  keys
    .command('list')
    .description('list all keys, without what they are')
    .action(async () => exit(await withStore(context, store => listKeys(store, context))))
  keys
    .command('revoke')
    .description('end a key; processes that know it forget it within 10 seconds')
    .argument('<id>', 'key_…, from the list')
    .action(async (id: string) =>
      exit(await withStore(context, store => revokeKey(store, context, id))),
    )
}

async function withStore(
  { env, complain }: CliContext,
  act: (store: Store) => Promise<0 | 1>,
): Promise<0 | 1> {
  const database = env.DATABASE_URL
    ? { url: env.DATABASE_URL }
    : runningDatabase(env.LONGHAUL_DATA_DIR || '.longhaul')
  if ('fault' in database) {
    complain(`${database.fault}\n`)
    return 1
  }
  const store = await openStore({ databaseUrl: database.url })
  try {
    return await act(store)
  } finally {
    await store.stop()
  }
}

/** Of `npm start` or of `npm run cluster`, which has a folder in the other's. */
function runningDatabase(dataDir: string): { url: string } | { fault: string } {
  const folders = [dataDir, join(dataDir, 'cluster')]
  const urls = folders.flatMap(folder => runningDatabaseUrl(folder) ?? [])
  const [url] = urls
  if (url === undefined) {
    return {
      fault: `No Longhaul runs on ${folders.join(' or ')}: start it (npm start, npm run cluster), name the folder of one that runs with LONGHAUL_DATA_DIR, or set DATABASE_URL.`,
    }
  }
  if (urls.length > 1) {
    return {
      fault: `Longhauls run on ${folders.join(' and ')}, each with keys of its own: set DATABASE_URL to the one that is meant, or LONGHAUL_DATA_DIR=${folders[1]} for the second.`,
    }
  }
  return { url }
}

async function createKey(
  store: Store,
  { print }: CliContext,
  tenantName: string,
  name: string,
): Promise<0> {
  const tenant = await store.tenants.ensure(tenantName)
  print(`${await store.tenants.createKey(tenant.id, name)}\n`)
  return 0
}

async function listKeys(store: Store, { print }: CliContext): Promise<0> {
  const table = new Table({
    head: ['id', 'tenant', 'name', 'made', 'state'],
    style: { head: [], border: [] },
  })
  for (const { id, tenant, name, createdAt, revoked } of await store.tenants.listKeys()) {
    table.push([
      id,
      tenant,
      name,
      new Date(createdAt).toISOString(),
      revoked ? 'revoked' : 'in use',
    ])
  }
  print(`${table.toString()}\n`)
  return 0
}

async function revokeKey(
  store: Store,
  { print, complain }: CliContext,
  id: string,
): Promise<0 | 1> {
  if (uuidOf('key', id) === undefined) {
    complain(`${id} is not the id of a key: take it from "keys list" (key_…)\n`)
    return 1
  }
  if (!(await store.tenants.revokeKey(id))) {
    complain(`no key ${id} that could still be used\n`)
    return 1
  }
  print(`${id} is revoked.\n`)
  return 0
}
