import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { readLauncherEnv } from '@longhaul/runtime'
import { knownProviders } from '../../packages/runtime/catalog/known-models.ts'
import { plain, readDocument, repositoryPath, sectionOf, tableRows } from './markdown.ts'

const documents = [
  ...['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md'],
  ...readdirSync(repositoryPath('docs'), { recursive: true })
    .map(path => join('docs', String(path)))
    .filter(path => path.endsWith('.md')),
]

describe.each(documents)('%s', document => {
  const text = readDocument(document)

  it('links to files that are there', () => {
    const targets = Array.from(text.matchAll(/\]\(([^)\s]+)\)/g), ([, target = '']) => target)
    const missing = targets
      .filter(target => !/^(https?:|#)/.test(target))
      .map(target => join(dirname(document), target.replace(/#.*/, '')))
      .filter(path => !existsSync(repositoryPath(path)))
    expect(missing).toEqual([])
  })

  it('names files of the repository that are there', () => {
    const named = text.matchAll(/`((?:packages|services|test|docs)\/[\w./-]+)`/g)
    const missing = Array.from(named, ([, path = '']) => path).filter(
      path => !existsSync(repositoryPath(path)),
    )
    expect(missing).toEqual([])
  })

  it('names npm scripts that are there', () => {
    const { scripts } = packageJson()
    const named = Array.from(text.matchAll(/npm run ([\w:]+)/g), ([, script = '']) => script)
    expect(named.filter(script => !Object.hasOwn(scripts, script))).toEqual([])
  })
})

describe('the settings in the README', () => {
  const section = sectionOf(readDocument('README.md'), '## Settings')
  const rows = tableRows(section).map(([variable = '', value = '']) => ({
    variable: plain(variable),
    value: plain(value),
  }))
  const code = readDocument('packages/runtime/environment.ts')

  it('are those that the launcher reads, in its order', () => {
    const schema = /const launcherSchema = z\.object\(\{([\s\S]*?)\n\}\)/.exec(code)?.[1] ?? ''
    const shared =
      /const sharedVariables = \{([\s\S]*?)\n\}/.exec(
        readDocument('packages/runtime/shared-servers.ts'),
      )?.[1] ?? ''
    const variables = Array.from(
      (schema + shared).matchAll(/^ {2}([A-Z0-9_]+):/gm),
      ([, name]) => name,
    )
    expect(variables.length).toBeGreaterThan(5)
    expect(rows.map(({ variable }) => variable)).toEqual(variables)
  })

  it('have these defaults', () => {
    const defaults = Object.fromEntries(rows.map(({ variable, value }) => [variable, value]))
    const absent = readLauncherEnv({})
    const given = readLauncherEnv({
      LONGHAUL_PORT: defaults.LONGHAUL_PORT,
      LONGHAUL_HOST: defaults.LONGHAUL_HOST,
      LONGHAUL_DATA_DIR: defaults.LONGHAUL_DATA_DIR,
      LOG_LEVEL: defaults.LOG_LEVEL,
      LONGHAUL_SHUTDOWN_MS: defaults.LONGHAUL_SHUTDOWN_MS,
    })
    expect(given).toEqual(absent)
  })

  it('name the keys of all known providers, in the order of preference', () => {
    const keys = Array.from(section.matchAll(/`([A-Z]+_API_KEY)`/g), ([, key]) => key)
    const known = Object.values(knownProviders).map(({ key }) => key)
    expect(keys.filter(key => key !== 'LONGHAUL_API_KEY')).toEqual(known)
  })
})

describe('docs/dependencies.md', () => {
  const text = readDocument('docs/dependencies.md')
  const { dependencies, devDependencies } = packageJson()

  it.each([
    ['## Shipped', dependencies],
    ['## For development', devDependencies],
  ])('%s lists what package.json lists', (heading, packages) => {
    const listed = tableRows(sectionOf(text, heading)).map(([name = '']) => plain(name))
    expect(listed).toEqual(Object.keys(packages))
  })

  it.each(tableRows(sectionOf(text, '## Shipped')))('%s is licensed as %s', (name, licence) => {
    expect(licenceOf(plain(name ?? ''))).toBe(licence)
  })

  it.each(tableRows(sectionOf(text, '## For development')))(
    '%s is licensed as %s',
    (name, licence) => {
      expect(licenceOf(plain(name ?? ''))).toBe(licence)
    },
  )
})

describe('docs/decisions', () => {
  it('are all in the index, numbered without a gap, with the three headings', () => {
    const records = readdirSync(repositoryPath('docs/decisions')).filter(name => /^\d/.test(name))
    const index = readDocument('docs/decisions/README.md')
    for (const [position, name] of records.entries()) {
      expect(name).toMatch(new RegExp(`^${String(position + 1).padStart(4, '0')}-[a-z0-9-]+\\.md$`))
      expect(index).toContain(`(${name})`)
      const headings = readDocument(join('docs/decisions', name)).match(/^## .*$/gm)
      expect(headings).toEqual(['## Context', '## Decision', '## Consequences'])
    }
  })
})

function packageJson(): Record<
  'scripts' | 'dependencies' | 'devDependencies',
  Record<string, string>
> {
  return JSON.parse(readDocument('package.json'))
}

function licenceOf(name: string): string {
  const path = repositoryPath(join('node_modules', name, 'package.json'))
  return JSON.parse(readFileSync(path, 'utf8')).license
}
