// Writes jars.sha256 anew, with Maven: node packages/local-servers/kafka/write-lock.ts VERSION
import { createHash } from 'node:crypto'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../supervised.ts'
import { LOCK_FILE } from './lock.ts'

/** The binding that lets Kafka's log be seen; of the version of slf4j that Kafka stands on. */
const LOG_BINDING = 'slf4j-simple'

function project(dependencies: string[]): string {
  const list = dependencies.map(dependency => {
    const [group, artifact, version] = dependency.split(':')
    return `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`
  })
  return `<project><modelVersion>4.0.0</modelVersion>
    <groupId>longhaul</groupId><artifactId>kafka-jars</artifactId><version>1</version>
    <dependencies>${list.join('')}</dependencies></project>`
}

async function resolve(folder: string, dependencies: string[]): Promise<string[]> {
  writeFileSync(join(folder, 'pom.xml'), project(dependencies))
  await run(
    'mvn',
    [
      '-B',
      '-q',
      'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies',
      '-DincludeScope=runtime',
      '-DoutputDirectory=jars',
      '-Dmdep.useRepositoryLayout=true',
    ],
    folder,
  )
  return globSync('**/*.jar', { cwd: join(folder, 'jars') }).sort()
}

async function writeLock(version: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'longhaul-lock-'))
  try {
    const kafka = `org.apache.kafka:kafka_2.13:${version}`
    const alone = await resolve(folder, [kafka])
    const slf4j = alone
      .find(path => path.includes('/slf4j-api/'))
      ?.split('/')
      .at(-2)
    const paths = await resolve(folder, [kafka, `org.slf4j:${LOG_BINDING}:${slf4j}`])
    const lines = paths.map(path => {
      const bytes = readFileSync(join(folder, 'jars', path))
      return `${createHash('sha256').update(bytes).digest('hex')}  ${path}\n`
    })
    writeFileSync(LOCK_FILE, lines.join(''))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const [version] = process.argv.slice(2)
if (!version) throw new Error('which version of Kafka?')
await writeLock(version)
