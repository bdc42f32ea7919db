import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import { kafkaContainer, postgresContainer, redisContainer, runArguments } from './docker.ts'
import { readLock } from './kafka/jars.ts'

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
    expect(readLock().map(({ path }) => path)).toContain(
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
