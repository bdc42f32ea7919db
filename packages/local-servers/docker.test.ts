import { describe, expect, it } from '@jest/globals'
import { kafkaContainer, postgresContainer, redisContainer, runArguments } from './docker.ts'

describe('a container', () => {
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
