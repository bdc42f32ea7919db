import { describe, expect, it } from '@jest/globals'
import { plain, readDocument, sectionOf, tableRows } from '../docs/markdown.ts'
import { longRunning, readFile, readOurCompose } from './repository.ts'

const guide = readDocument('docs/guides/cluster.md')
const { services } = readOurCompose()

describe('docs/guides/cluster.md', () => {
  it('explains every variable that a service reads', () => {
    const runtime = (file: string) => readFile(`packages/runtime/${file}.ts`)
    const own = /const serviceSchema = z\.object\(\{([\s\S]*?)\n\}\)/.exec(runtime('environment'))
    const shared = /const sharedVariables = \{([\s\S]*?)\n\}/.exec(runtime('shared-servers'))
    const read = [own?.[1], shared?.[1]]
      .flatMap(body => body?.match(/^ {2}[A-Z0-9_]+(?=:)/gm) ?? [])
      .map(name => name.trim())
    expect(read.length).toBeGreaterThan(10)
    const rows = tableRows(sectionOf(guide, '## The environment of a service'))
    const explained = rows.flatMap(([names = '']) => names.match(/[A-Z0-9_]{2,}/g) ?? [])
    expect(explained.sort()).toEqual(read.sort())
  })

  it('names every service of the compose file, and how many of it there are', () => {
    const rows = tableRows(sectionOf(guide, '## With Docker Compose'))
    const listed = rows.flatMap(([names = '']) => names.split(', ').map(plain))
    expect(listed.sort()).toEqual(Object.keys(services).sort())
    for (const name of longRunning) {
      const many = rows.find(([names = '']) => plain(names) === name)?.[2] ?? ''
      expect(many).toMatch(new RegExp(`^\`[A-Z]+S\`, ${services[name]?.deploy.replicas}$`))
    }
  })

  it('starts every service by hand', () => {
    const started = sectionOf(guide, '## By hand').matchAll(/node services\/(\w+)\/main\.ts &/g)
    expect(Array.from(started, ([, name]) => name).sort()).toEqual([...longRunning].sort())
  })
})
