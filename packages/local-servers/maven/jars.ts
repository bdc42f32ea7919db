import { join } from 'node:path'
import { CACHE, type Download, fetchInto } from '../cache.ts'
import { mavenRepository } from './maven-repository.ts'

export interface Jar extends Omit<Download, 'url'> {
  /** In the layout of a Maven repository. */
  path: string
}

const PARALLEL_DOWNLOADS = 8

/** @param text of a lock file, as `sha256sum` writes it */
export function readLock(text: string): Jar[] {
  return text
    .trim()
    .split('\n')
    .map(line => {
      const [, sha256, path] = /^([0-9a-f]{64}) {2}(\S+\.jar)$/.exec(line) ?? []
      if (!sha256 || !path) throw new Error(`not a line of a lock file: ${line}`)
      return { sha256, path }
    })
}

export interface JarSource {
  /** Default: of Maven's settings, else Maven Central. */
  repository?: string
  folder?: string
}

/**
 * Fetches jars unless they are there.
 * @returns the class path
 */
export async function fetchJars(
  jars: readonly Jar[],
  { repository = mavenRepository(), folder = join(CACHE, 'maven') }: JarSource = {},
): Promise<string> {
  const waiting = [...jars]
  const fetchNext = async (): Promise<void> => {
    for (let jar = waiting.shift(); jar; jar = waiting.shift()) {
      const { path, sha256 } = jar
      await fetchInto(join(folder, path), { url: `${repository}/${path}`, sha256 })
    }
  }
  await Promise.all(Array.from({ length: PARALLEL_DOWNLOADS }, fetchNext))
  return jars.map(({ path }) => join(folder, path)).join(':')
}
