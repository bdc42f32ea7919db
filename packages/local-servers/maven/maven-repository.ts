import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

const CENTRAL = 'https://repo.maven.apache.org/maven2'

/** The user's settings, then those of installations. */
function settingsFiles(): string[] {
  const homes = [process.env.MAVEN_HOME, process.env.M2_HOME, '/usr/share/maven', '/etc/maven']
  return [
    join(homedir(), '.m2/settings.xml'),
    ...homes.flatMap(home => (home ? [join(home, 'conf/settings.xml')] : [])),
  ]
}

/** Where jars come from: the mirror of Maven Central that Maven's settings name, else Central itself. */
export function mavenRepository(files = settingsFiles()): string {
  for (const file of files) {
    const mirror = existsSync(file) ? mirrorOfCentral(readFileSync(file, 'utf8')) : undefined
    if (mirror) return mirror
  }
  return CENTRAL
}

/** The first mirror that stands for Central, as Maven chooses; blocking ones are none. */
function mirrorOfCentral(settings: string): string | undefined {
  const xml = settings.replaceAll(/<!--.*?-->/gs, '')
  for (const [, mirror = ''] of xml.matchAll(/<mirror>(.*?)<\/mirror>/gs)) {
    const text = (tag: string) =>
      new RegExp(`<${tag}>\\s*(.*?)\\s*</${tag}>`, 's').exec(mirror)?.[1]
    const names = text('mirrorOf')?.split(/\s*,\s*/) ?? []
    const stands = names.some(name => ['*', 'external:*', 'central'].includes(name))
    if (stands && !names.includes('!central') && text('blocked') !== 'true') {
      return text('url')?.replace(/\/+$/, '')
    }
  }
  return undefined
}
