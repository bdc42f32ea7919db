import { setTimeout as delay } from 'node:timers/promises'
import { acceptsPostgres, freePort } from '@longhaul/embedded-postgres'
import { servesGroups } from './kafka/admin.ts'
import { serverProperties } from './kafka/properties.ts'
import { answersPing } from './ready.ts'
import { run } from './supervised.ts'

/** A server as `docker run` starts it; `address` is what clients are given. */
export interface ContainerSpec {
  image: string
  /** Of the container; published on the same port of 127.0.0.1. */
  port: number
  /** Of the server inside, where it is not `port`. */
  innerPort?: number
  env: Record<string, string>
  address: string
  ready: () => Promise<boolean>
}

/** With the first start an image is pulled. */
const PULL_AND_READY_TIMEOUT_MS = 300_000
const POLL_MS = 200

/** Whether an engine answers, not only whether the command is there. */
export async function dockerAnswers(): Promise<boolean> {
  try {
    await run('docker', ['info'])
    return true
  } catch {
    return false
  }
}

/** What `docker` is told. The container goes with its data when it stops. */
export function runArguments({ image, port, innerPort = port, env }: ContainerSpec): string[] {
  const variables = Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`])
  const published = `127.0.0.1:${port}:${innerPort}`
  return ['run', '--rm', '--detach', '--publish', published, ...variables, image]
}

/** A container that serves a test run. */
export class Container {
  readonly #spec: ContainerSpec
  #id: string | undefined

  constructor(spec: ContainerSpec) {
    this.#spec = spec
  }

  async start(): Promise<void> {
    this.#id = (await run('docker', runArguments(this.#spec))).trim()
    const deadline = Date.now() + PULL_AND_READY_TIMEOUT_MS
    while (!(await this.#spec.ready())) {
      if (Date.now() > deadline) {
        await this.stop()
        throw new Error(`${this.#spec.image} is not ready after ${PULL_AND_READY_TIMEOUT_MS} ms`)
      }
      await delay(POLL_MS)
    }
  }

  async stop(): Promise<void> {
    const id = this.#id
    this.#id = undefined
    if (id !== undefined) await run('docker', ['rm', '--force', id])
  }
}

export async function redisContainer(): Promise<ContainerSpec> {
  const port = await freePort()
  return {
    image: 'redis:7.4',
    port,
    innerPort: 6379,
    env: {},
    address: `redis://127.0.0.1:${port}`,
    ready: () => answersPing(port),
  }
}

export async function postgresContainer(password: string): Promise<ContainerSpec> {
  const port = await freePort()
  const address = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`
  return {
    image: 'postgres:18',
    port,
    innerPort: 5432,
    env: { POSTGRES_PASSWORD: password },
    address,
    ready: () => acceptsPostgres(address),
  }
}

/** Kafka tells clients where to come back to: its port is the same inside and outside. */
export async function kafkaContainer(): Promise<ContainerSpec> {
  const port = await freePort()
  const controllerPort = await freePort()
  const properties = serverProperties('/tmp/kafka', { port, controllerPort })
  properties.listeners = `PLAINTEXT://:${port},CONTROLLER://127.0.0.1:${controllerPort}`
  const address = `127.0.0.1:${port}`
  return {
    image: 'apache/kafka:4.4.0',
    port,
    env: Object.fromEntries(
      // The image makes `server.properties` of these variables.
      Object.entries(properties).map(([name, value]) => [
        `KAFKA_${name.toUpperCase().replaceAll('.', '_')}`,
        value,
      ]),
    ),
    address,
    ready: () => servesGroups([address]),
  }
}
