import { join } from 'node:path'
import { librariesOf, unpackDebian } from './debian.ts'
import { findProgram } from './program.ts'
import { run } from './supervised.ts'

/**
 * Runs `openssl` of the path, else Debian's package in the cache.
 * @throws {Error} neither is to be had, or it failed
 */
export async function runOpenssl(args: string[]): Promise<string> {
  const installed = findProgram('openssl')
  if (installed) return run(installed, args)
  const root = await unpackDebian('openssl')
  const libraries = Object.entries(librariesOf(root)).map(([name, value]) => `${name}=${value}`)
  return run('env', [...libraries, join(root, 'usr/bin/openssl'), ...args])
}
