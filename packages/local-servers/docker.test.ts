import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import {
  Container,
  dockerAnswers,
  kafkaContainer,
  postgresContainer,
  redisContainer,
  runArguments,
} from './docker.ts'
import { kafkaJars } from './kafka/lock.ts'

const COMPOSE_FILE = join(import.meta.dirname, '../../docker-compose.yml')

describe('a container', () => {
  it('is of the version that docker-compose.yml runs', async () => {
    const { services } = parse(readFileSync(COMPOSE_FILE, 'utf8'))
    const containers = {
      kafka: await kafkaContainer(),
      postgres: await postgresContainer('secret'),
      redis: await redisContainer(),
    }
    for (const [service, { image }] of Object.entries(containers)) {
      expect(image).toBe(services[service].image)
    }
    const [, version] = containers.kafka.image.split(':')
    expect(kafkaJars().map(({ path }) => path)).toContain(
      `org/apache/kafka/kafka_2.13/${version}/kafka_2.13-${version}.jar`,
    )
  })

  it('publishes its server on a port of the loopback address', async () => {
    const redis = await redisContainer()
    expect(runArguments(redis)).toEqual([
      'run',
      '--rm',
      '--detach',
      '--publish',
      `127.0.0.1:${redis.port}:6379`,
      'redis:7.4',
    ])
    expect(redis.address).toBe(`redis://127.0.0.1:${redis.port}`)
  })

  it('of PostgreSQL is given its password', async () => {
    const postgres = await postgresContainer('secret')
    const told = runArguments(postgres).join(' ')
    expect(told).toContain('--env POSTGRES_PASSWORD=secret')
    expect(told).toMatch(/--publish 127\.0\.0\.1:\d+:5432 .* postgres:18$/)
    expect(postgres.address).toBe(`postgres://postgres:secret@127.0.0.1:${postgres.port}/postgres`)
  })

  it('of Kafka sends its clients back to the published port', async () => {
    const kafka = await kafkaContainer()
    const { port, address } = kafka
    const told = runArguments(kafka)
    expect(told).toContain(`127.0.0.1:${port}:${port}`)
    expect(told).toContain(`KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://127.0.0.1:${port}`)
    expect(told).toContain('KAFKA_PROCESS_ROLES=broker,controller')
    expect(told.find(argument => argument.startsWith('KAFKA_LISTENERS='))).toMatch(
      new RegExp(`^KAFKA_LISTENERS=PLAINTEXT://:${port},CONTROLLER://127\\.0\\.0\\.1:\\d+$`),
    )
    expect(address).toBe(`127.0.0.1:${port}`)
  })
})

/** Stands for the engine: writes down what it is told, and answers a container's id. */
const DOCKER = `#!/bin/sh
echo "$*" >> "$(dirname "$0")/told"
[ "$1" != info ] || exit "$(cat "$(dirname "$0")/engine")"
echo 0123abcd
`

describe('an engine', () => {
  const { PATH = '' } = process.env
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'longhaul-docker-'))
    writeFileSync(join(folder, 'docker'), DOCKER, { mode: 0o755 })
    writeFileSync(join(folder, 'engine'), '0')
    process.env.PATH = `${folder}${delimiter}${PATH}`
  })
  afterEach(() => {
    process.env.PATH = PATH
    rmSync(folder, { recursive: true, force: true })
  })
  const told = () => readFileSync(join(folder, 'told'), 'utf8').trim().split('\n')

  it('is not there when the command is, but nobody answers', async () => {
    expect(await dockerAnswers()).toBe(true)
    writeFileSync(join(folder, 'engine'), '1')
    expect(await dockerAnswers()).toBe(false)
    process.env.PATH = folder
    rmSync(join(folder, 'docker'))
    expect(await dockerAnswers()).toBe(false)
  })

  it('runs a container until it is stopped', async () => {
    let asked = 0
    const redis = await redisContainer()
    const ready = async () => {
      asked += 1
      return asked > 1
    }
    const container = new Container({ ...redis, ready })
    await container.start()
    expect(asked).toBe(2)
    await container.stop()
    await container.stop()
    expect(told()).toEqual([runArguments(redis).join(' '), 'rm --force 0123abcd'])
  })
})
