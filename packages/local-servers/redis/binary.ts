import { join } from 'node:path'
import { unpackDebian, withLibrariesOf } from '../debian.ts'
import { findProgram } from '../program.ts'

export interface RedisBinary {
  server: string
  env: NodeJS.ProcessEnv
}

/** The server, and the libraries that a bare Debian or Ubuntu lacks. */
const PACKAGES = ['redis-server', 'redis-tools', 'libjemalloc2', 'liblzf1', 'libatomic1']

/**
 * `redis-server` of the path, else Debian's package in the cache.
 * @throws {Error} neither is to be had
 */
export async function findRedis(): Promise<RedisBinary> {
  const installed = findProgram('redis-server')
  if (installed) return { server: installed, env: process.env }
  try {
    const root = await unpackDebian('redis', PACKAGES)
    return { server: join(root, 'usr/bin/redis-server'), env: withLibrariesOf(root) }
  } catch (cause) {
    throw new Error('there is no redis-server on the path, and it could not be fetched by apt', {
      cause,
    })
  }
}
