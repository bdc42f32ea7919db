import { globSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { CACHE, makeFolder } from './cache.ts'
import { run } from './supervised.ts'

/**
 * A Debian package with what it needs and the machine lacks, unpacked into the
 * cache unless it is there: what apt can install can be run so without being
 * root. apt checks the signatures.
 * @returns the folder that stands for `/`
 * @throws {Error} the machine has no apt, or apt does not find the package
 */
export async function unpackDebian(name: string, folder = join(CACHE, 'debian', name)) {
  await makeFolder(folder, async temporary => {
    const downloads = join(temporary, 'downloads')
    mkdirSync(downloads)
    await download(downloads, name)
    for (const file of globSync('*.deb', { cwd: downloads })) {
      await run('dpkg', ['-x', join(downloads, file), temporary])
    }
    rmSync(downloads, { recursive: true })
  })
  return folder
}

/** With the machine's lists of packages; where it has none, or old ones, with lists of our own. */
async function download(folder: string, name: string): Promise<void> {
  try {
    await run('apt-get', ['download', ...(await missing(name))], folder)
  } catch {
    const lists = join(folder, 'lists')
    mkdirSync(join(lists, 'partial'), { recursive: true })
    const own = ['-o', `Dir::State::Lists=${lists}`, '-o', `Dir::Cache=${folder}`]
    await run('apt-get', [...own, 'update'], folder)
    await run('apt-get', [...own, 'download', ...(await missing(name, own))], folder)
  }
}

/** What an installation would bring: the package, and dependencies that are not there. */
async function missing(name: string, options: string[] = []): Promise<string[]> {
  const simulated = ['--simulate', 'install', '--no-install-recommends', name]
  const plan = await run('apt-get', [...options, ...simulated])
  const others = [...plan.matchAll(/^Inst (\S+)/gm)].map(([, other = '']) => other)
  return [...new Set([name, ...others])]
}

/** For programs of an unpacked folder: they find the libraries that came along. */
export function librariesOf(root: string): NodeJS.ProcessEnv {
  const folders = globSync('usr/lib/*-linux-gnu*', { cwd: root }).map(path => join(root, path))
  return { LD_LIBRARY_PATH: folders.join(':') }
}
