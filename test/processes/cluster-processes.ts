import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { configSchema } from '@longhaul/contracts'
import { EmbeddedPostgres, freePort } from '@longhaul/embedded-postgres'
import { LocalKafka, LocalRedis } from '@longhaul/local-servers'
import type { z } from 'zod'
import { EmbeddedCluster } from './embedded-cluster.ts'
import { ServiceProcess } from './service-process.ts'

export const services = ['ingress', 'router', 'worker', 'dispatcher', 'courier'] as const
export type ServiceName = (typeof services)[number]
export type ClusterConfig = z.input<typeof configSchema>

export interface ClusterProcessesOptions {
  /** Data, configuration and logs are kept here. */
  folder: string
  config: ClusterConfig
  /** Processes of each service. */
  counts: Record<ServiceName, number>
  /** A second way to Kafka for processes of these names, through whatever listens on `proxyPort`. */
  behindProxy?: { names: readonly string[]; port: number; proxyPort: number }
}

const API_KEY = 'a-key-for-tests-and-benchmarks'
const CONNECTIONS_PER_PROCESS = 16
const MORE_CONNECTIONS = 30

/** Every service in processes of its own, on a PostgreSQL, a Kafka and a Redis of its own: each can be killed. */
export class ClusterProcesses {
  readonly apiKey = API_KEY
  readonly postgres: EmbeddedPostgres
  readonly kafka: LocalKafka
  readonly redis: LocalRedis
  /** To look into PostgreSQL, and to kill it. */
  readonly database: EmbeddedCluster
  readonly all: ServiceProcess[] = []
  readonly #options: ClusterProcessesOptions

  constructor(options: ClusterProcessesOptions) {
    const { folder: dataDir, behindProxy, counts } = options
    this.#options = options
    const processes = Object.values(counts).reduce((sum, count) => sum + count, 0)
    this.postgres = new EmbeddedPostgres({
      dataDir,
      maxConnections: processes * CONNECTIONS_PER_PROCESS + MORE_CONNECTIONS,
      diesWithParent: true,
    })
    this.kafka = new LocalKafka({
      dataDir,
      ...(behindProxy && {
        behindProxy: { port: behindProxy.port, proxyPort: behindProxy.proxyPort },
      }),
    })
    this.redis = new LocalRedis({ dataDir })
    this.database = new EmbeddedCluster(dataDir)
  }

  /** Of the ingresses. */
  get urls(): string[] {
    return this.of('ingress').map(({ origin }) => origin)
  }

  of(service: ServiceName): ServiceProcess[] {
    return this.all.filter(process => process.service === service)
  }

  /** @throws {Error} no process has that name */
  named(name: string): ServiceProcess {
    const found = this.all.find(process => process.name === name)
    if (!found) throw new Error(`no ${name} in the cluster`)
    return found
  }

  /** Resolves when every service does its work. */
  async start(): Promise<void> {
    this.configure(this.#options.config)
    await Promise.all([this.postgres.start(), this.kafka.start(), this.redis.start()])
    for (const service of services) {
      for (let number = 1; number <= this.#options.counts[service]; number += 1) {
        await this.#add(service, number)
      }
    }
    await Promise.all(this.all.map(process => process.start()))
  }

  /** One more, that is ready. */
  async add(service: ServiceName): Promise<ServiceProcess> {
    const added = await this.#add(service, this.of(service).length + 1)
    await added.start()
    return added
  }

  /** For good, and in order. */
  async remove(process: ServiceProcess, timeoutMs: number): Promise<void> {
    await process.stop(timeoutMs)
    this.all.splice(this.all.indexOf(process), 1)
  }

  /** Writes the file that all services read, while they run as well. */
  configure(config: ClusterConfig): void {
    writeFileSync(this.#configPath, JSON.stringify(config))
  }

  /** Leaves no process behind, whatever state it is in. */
  async end(): Promise<void> {
    await Promise.all(this.all.map(process => process.kill()))
    await Promise.all([this.kafka.kill(), this.redis.kill(), this.postgres.stop()])
  }

  get #configPath(): string {
    return join(this.#options.folder, 'longhaul.yaml')
  }

  async #add(service: ServiceName, number: number): Promise<ServiceProcess> {
    const name = `${service}-${number}`
    const process = new ServiceProcess({
      name,
      service,
      port: await freePort(),
      folder: this.#options.folder,
      env: {
        DATABASE_URL: this.postgres.url,
        KAFKA_BROKERS: this.#brokersFor(name),
        REDIS_URL: this.redis.url,
        LONGHAUL_CONFIG: this.#configPath,
        LONGHAUL_API_KEY: service === 'ingress' ? API_KEY : '',
        LOG_LEVEL: 'info',
      },
    })
    this.all.push(process)
    return process
  }

  #brokersFor(name: string): string {
    const { behindProxy } = this.#options
    if (behindProxy?.names.includes(name)) return `127.0.0.1:${behindProxy.proxyPort}`
    return this.kafka.brokers.join(',')
  }
}
