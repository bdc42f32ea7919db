import { join } from 'node:path'
import { librariesOf, unpackDebian } from '../debian.ts'
import { findProgram } from '../program.ts'

export interface RedisBinary {
  server: string
  /** What it needs besides this process's environment. */
  env: NodeJS.ProcessEnv
}

/**
 * `redis-server` of the path, else Debian's package in the cache.
 * @throws {Error} neither is to be had
 */
export async function findRedis(): Promise<RedisBinary> {
  const installed = findProgram('redis-server')
  if (installed) return { server: installed, env: {} }
  try {
    const root = await unpackDebian('redis-server')
    return { server: join(root, 'usr/bin/redis-server'), env: librariesOf(root) }
  } catch (cause) {
    throw new Error('there is no redis-server on the path, and apt could not bring it', { cause })
  }
}
