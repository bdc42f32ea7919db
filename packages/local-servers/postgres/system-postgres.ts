import { globSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { PostgresBinaries } from '@longhaul/embedded-postgres'
import { librariesOf, unpackDebian } from '../debian.ts'
import { findProgram } from '../program.ts'
import { run } from '../supervised.ts'

const OLDEST = 14

/** Where Debian, Red Hat and Homebrew keep what is not on the path. */
const FOLDERS = [
  '/usr/lib/postgresql/*/bin',
  '/usr/pgsql-*/bin',
  '/opt/homebrew/opt/postgresql*/bin',
]

/**
 * A PostgreSQL other than the one of npm: the machine's, else Debian's package
 * in the cache. For an `EmbeddedPostgres` with these `binaries`.
 * @throws {Error} none is to be had
 */
export async function findSystemPostgres(): Promise<PostgresBinaries> {
  const installed = findProgram(
    'postgres',
    FOLDERS.flatMap(pattern => globSync(pattern)),
  )
  if (installed && (await majorVersion(installed)) >= OLDEST) return binariesIn(dirname(installed))
  try {
    return await fetchedPostgres()
  } catch (cause) {
    throw new Error(`there is no PostgreSQL from ${OLDEST} on, and apt could not bring it`, {
      cause,
    })
  }
}

/** Of the version that the distribution calls `postgresql`. */
export async function fetchedPostgres(folder?: string): Promise<PostgresBinaries> {
  const root = await unpackDebian('postgresql', folder)
  const [bin] = globSync('usr/lib/postgresql/*/bin', { cwd: root })
  if (!bin) throw new Error('the package brought no PostgreSQL')
  return { ...binariesIn(join(root, bin)), env: librariesOf(root) }
}

function binariesIn(folder: string): PostgresBinaries {
  return { initdb: join(folder, 'initdb'), postgres: join(folder, 'postgres') }
}

async function majorVersion(postgres: string): Promise<number> {
  return Number(/(\d+)/.exec(await run(postgres, ['--version']))?.[1])
}
