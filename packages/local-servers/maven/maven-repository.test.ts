import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { kafkaJars } from '../kafka/lock.ts'
import { readLock } from './jars.ts'
import { mavenRepository } from './maven-repository.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'longhaul-maven-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function settings(name: string, mirrors: string): string {
  const file = join(folder, name)
  writeFileSync(file, `<settings>\n  <mirrors>${mirrors}</mirrors>\n</settings>`)
  return file
}

const mirror = (of: string, url: string, more = '') =>
  `<mirror><id>m</id><mirrorOf>${of}</mirrorOf><url>${url}</url>${more}</mirror>`

describe('the repository of jars', () => {
  it('is Maven Central where no settings are', () => {
    expect(mavenRepository([join(folder, 'none.xml')])).toBe('https://repo.maven.apache.org/maven2')
  })

  it.each(['central', '*', 'external:*', 'other, central'])('is the mirror of %s', of => {
    const file = settings('settings.xml', mirror(of, ' http://mirror.example/maven/ '))
    expect(mavenRepository([file])).toBe('http://mirror.example/maven')
  })

  it.each([
    ['is for another repository', mirror('jboss', 'http://jboss.example')],
    ['leaves Central out', mirror('*,!central', 'http://all.example')],
    ['blocks', mirror('*', 'http://0.0.0.0/', '<blocked>true</blocked>')],
    ['is commented out', `<!-- ${mirror('*', 'http://old.example')} -->`],
  ])('is not a mirror that %s', (_why, first) => {
    const user = settings('user.xml', first)
    const installation = settings('installation.xml', mirror('central', 'http://next.example'))
    expect(mavenRepository([user, installation])).toBe('http://next.example')
  })
})

describe('the lock file', () => {
  it('names Kafka with what it needs, and the binding of its log', () => {
    const paths = kafkaJars().map(({ path }) => path)
    for (const artifact of ['kafka_2.13', 'kafka-clients', 'scala-library', 'slf4j-simple']) {
      expect(paths.filter(path => path.includes(`/${artifact}/`))).toHaveLength(1)
    }
  })

  it('is refused when a line is not one', () => {
    expect(() => readLock('abc  kafka.jar\n')).toThrow('not a line of a lock file: abc  kafka.jar')
  })
})
