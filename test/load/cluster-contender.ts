import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '@longhaul/embedded-postgres'
import { LocalKafka, type LocalRedis } from '@longhaul/local-servers'
import { ServiceProcess } from '../processes/service-process.ts'
import type { Arena } from './arena.ts'
import { type Intake, type LonghaulServer, type NamedProcess, named } from './contender.ts'
import type { LonghaulOptions } from './longhaul-contender.ts'
import { LonghaulRecords, longhaulConfig } from './longhaul-records.ts'
import { profileFlags } from './profile.ts'

const API_KEY = 'a-key-for-tests-and-benchmarks'
const STOP_TIMEOUT_MS = 30_000

/** In the order in which they stop. */
const SERVICES = ['ingress', 'dispatcher', 'router', 'worker', 'courier'] as const

/** Each service in a process of its own, on the shared PostgreSQL and Redis and a Kafka of its own. */
export class ClusterContender extends LonghaulRecords implements LonghaulServer {
  readonly name = 'Longhaul, cluster'
  readonly apiKey = API_KEY
  readonly #kafka: LocalKafka
  readonly #redis: LocalRedis
  readonly #services: readonly ServiceProcess[]
  readonly #webhookEvery: number

  static async prepare(arena: Arena, options: LonghaulOptions): Promise<ClusterContender> {
    const folder = join(arena.folder, 'cluster')
    mkdirSync(folder)
    const configPath = join(folder, 'longhaul.yaml')
    writeFileSync(configPath, JSON.stringify(longhaulConfig(arena)))
    const kafka = new LocalKafka({ dataDir: folder, port: await freePort() })
    const redis = await arena.redis()
    const env = {
      DATABASE_URL: arena.databaseUrl,
      KAFKA_BROKERS: kafka.brokers.join(','),
      REDIS_URL: redis.url,
      LONGHAUL_CONFIG: configPath,
      LOG_LEVEL: 'warn',
    }
    const services: ServiceProcess[] = []
    for (const service of SERVICES) {
      const process = new ServiceProcess({
        name: service,
        service,
        port: await freePort(),
        folder,
        env: { ...env, LONGHAUL_API_KEY: service === 'ingress' ? API_KEY : '' },
        execArgv: options.profile ? profileFlags(service) : [],
        pausePoints: false,
      })
      services.push(process)
    }
    return new ClusterContender(arena, { kafka, redis, services }, options)
  }

  private constructor(
    arena: Arena,
    parts: { kafka: LocalKafka; redis: LocalRedis; services: readonly ServiceProcess[] },
    { webhookEvery = 0 }: LonghaulOptions,
  ) {
    super(arena)
    this.#kafka = parts.kafka
    this.#redis = parts.redis
    this.#services = parts.services
    this.#webhookEvery = webhookEvery
  }

  get processes(): NamedProcess[] {
    return this.#services.map(({ name, pid }) => named(name, pid))
  }

  get servers(): NamedProcess[] {
    return [named('Kafka', this.#kafka.pid), named('Redis', this.#redis.pid)]
  }

  get url(): string {
    const ingress = this.#services.find(({ service }) => service === 'ingress')
    if (!ingress) throw new Error('a cluster has an ingress')
    return ingress.origin
  }

  get intake(): Intake {
    return {
      bulkUrl: `${this.url}/v1/jobs/bulk`,
      singleUrl: `${this.url}/v1/jobs`,
      apiKey: API_KEY,
      webhookEvery: this.#webhookEvery,
    }
  }

  async start(): Promise<void> {
    await this.#kafka.start()
    await Promise.all(this.#services.map(service => service.start()))
  }

  async kill(): Promise<void> {
    await Promise.all(this.#services.map(service => service.kill()))
  }

  async stop(): Promise<void> {
    for (const service of this.#services) await service.stop(STOP_TIMEOUT_MS)
    await this.#kafka.stop()
  }
}
