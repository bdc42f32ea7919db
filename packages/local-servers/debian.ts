import { globSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { CACHE, makeFolder } from './cache.ts'
import { run } from './supervised.ts'

/**
 * Debian packages, unpacked into the cache unless they are there: what apt can
 * install can be run so without being root. apt checks the signatures.
 * @returns the folder that stands for `/`
 * @throws {Error} the machine has no apt, or apt does not find them
 */
export async function unpackDebian(name: string, packages: string[]): Promise<string> {
  const folder = join(CACHE, 'debian', name)
  await makeFolder(folder, async temporary => {
    const downloads = join(temporary, '.downloads')
    mkdirSync(downloads)
    await download(downloads, packages)
    for (const file of globSync('*.deb', { cwd: downloads })) {
      await run('dpkg', ['-x', join(downloads, file), temporary])
    }
  })
  return folder
}

/** With the machine's lists of packages; where it has none, or old ones, with lists of our own. */
async function download(folder: string, packages: string[]): Promise<void> {
  try {
    await run('apt-get', ['download', ...packages], folder)
  } catch {
    const lists = join(folder, 'lists')
    mkdirSync(join(lists, 'partial'), { recursive: true })
    const own = ['-o', `Dir::State::Lists=${lists}`, '-o', `Dir::Cache=${folder}`]
    await run('apt-get', [...own, 'update'], folder)
    await run('apt-get', [...own, 'download', ...packages], folder)
  }
}

/** For programs of an unpacked folder: they find the libraries that came along. */
export function withLibrariesOf(root: string): NodeJS.ProcessEnv {
  const folders = globSync('usr/lib/*-linux-gnu', { cwd: root }).map(path => join(root, path))
  return { ...process.env, LD_LIBRARY_PATH: folders.join(':') }
}
