import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { freePort } from '@longhaul/embedded-postgres'
import { fetchJars } from '../maven/jars.ts'
import { findJava } from '../maven/java.ts'
import { run, Supervised } from '../supervised.ts'
import { servesGroups } from './admin.ts'
import { kafkaJars } from './lock.ts'
import {
  type KafkaListener,
  type KafkaListeners,
  type KafkaQuorum,
  serverProperties,
} from './properties.ts'

export interface LocalKafkaOptions {
  /** Holds `kafka/` (the topics), `kafka.properties` and `kafka.log`; kept by `stop` and `kill`. */
  dataDir: string
  /** Of 127.0.0.1. Default: a free one; the same at every start of this object. */
  port?: number
  /**
   * A second listener on `port`, whose clients are told to come back through
   * `proxyPort`: for tests that cut one client's network and not another's.
   */
  behindProxy?: { port: number; proxyPort: number }
  /** Further listeners by name; what they need (`listener.name.<name>.…`) goes into `properties`. */
  listeners?: Record<string, KafkaListener>
  /** Makes it one of several nodes, which are started together. */
  quorum?: KafkaQuorum
  /** Users that are there from the first start on. */
  scramUsers?: readonly ScramUser[]
  /** Added to the server's properties, or replacing them. */
  properties?: Record<string, string>
  /** Default 256. */
  heapMegabytes?: number
}

export interface ScramUser {
  mechanism: 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
  name: string
  password: string
}

interface KafkaProgram {
  java: string
  classPath: string
}

const READY_TIMEOUT_MS = 90_000
const STOP_TIMEOUT_MS = 20_000

/** Any 16 bytes in base64; brokers here never meet another cluster. */
const CLUSTER_ID = 'bG9uZ2hhdWwtbG9jYWwtMQ'

/** An Apache Kafka broker (KRaft) as a child process, by itself or one of several. */
export class LocalKafka {
  readonly #options: LocalKafkaOptions
  readonly #dataDir: string
  #port: number | undefined
  #process: Supervised | undefined

  constructor(options: LocalKafkaOptions) {
    this.#options = options
    this.#dataDir = resolve(options.dataDir)
    this.#port = options.port
  }

  /** `host:port`, from the first start on. */
  get brokers(): string[] {
    return [`127.0.0.1:${this.#port}`]
  }

  get pid(): number | undefined {
    return this.#process?.running ? this.#process.pid : undefined
  }

  /**
   * Fetches what a start needs, unless it is there.
   * @throws {Error} it cannot be had: no Java from 17 on, or no jars
   */
  static async prepare(): Promise<KafkaProgram> {
    return { java: await findJava(), classPath: await fetchJars(kafkaJars()) }
  }

  /**
   * Resolves when clients are served, groups included. After `stop` or `kill` it
   * starts again on the same port and data.
   */
  async start(): Promise<void> {
    if (this.pid !== undefined) return
    const { java, classPath } = await LocalKafka.prepare()
    this.#port ??= await freePort()
    mkdirSync(this.#dataDir, { recursive: true })
    const propertiesFile = this.#writeProperties(await this.#listeners(this.#port))
    if (!existsSync(join(this.#dataDir, 'kafka/meta.properties'))) {
      const { scramUsers = [] } = this.#options
      await run(java, [...FAST_START, ...format(classPath, propertiesFile, scramUsers)])
    }
    this.#process = new Supervised({
      program: java,
      args: [...this.#heap(), ...FAST_START, ...serve(classPath, propertiesFile)],
      logFile: join(this.#dataDir, 'kafka.log'),
    })
    await this.#process.untilReady(() => servesGroups(this.brokers), READY_TIMEOUT_MS)
  }

  /** Resolves once the process of the last start is gone; at once when there was none. */
  async exited(): Promise<void> {
    await this.#process?.exited()
  }

  /** Orderly; safe to call twice. */
  async stop(): Promise<void> {
    await this.#process?.stop(STOP_TIMEOUT_MS)
  }

  /** As `kill -9` does. */
  async kill(): Promise<void> {
    await this.#process?.kill()
  }

  #heap(): string[] {
    const megabytes = this.#options.heapMegabytes ?? 256
    return [`-Xms${megabytes}m`, `-Xmx${megabytes}m`]
  }

  async #listeners(port: number): Promise<KafkaListeners> {
    const { behindProxy, listeners, quorum } = this.#options
    return {
      port,
      controllerPort: quorum?.controllerPorts[quorum.nodeId - 1] ?? (await freePort()),
      others: {
        ...listeners,
        ...(behindProxy && {
          PROXIED: {
            port: behindProxy.port,
            advertisedPort: behindProxy.proxyPort,
            protocol: 'PLAINTEXT',
          },
        }),
      },
      ...(quorum && { quorum }),
    }
  }

  #writeProperties(listeners: KafkaListeners): string {
    const file = join(this.#dataDir, 'kafka.properties')
    const properties = {
      ...serverProperties(join(this.#dataDir, 'kafka'), listeners),
      ...this.#options.properties,
    }
    const lines = Object.entries(properties).map(([name, value]) => `${name}=${value}\n`)
    writeFileSync(file, lines.join(''))
    return file
  }
}

/** A small heap and short runs: neither parallel collectors nor the second compiler pay off. */
const FAST_START = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']

function format(
  classPath: string,
  propertiesFile: string,
  scramUsers: readonly ScramUser[],
): string[] {
  const users = scramUsers.flatMap(({ mechanism, name, password }) => [
    '--add-scram',
    `${mechanism}=[name=${name},password=${password}]`,
  ])
  const tool = ['-cp', classPath, 'kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID]
  return [...tool, '-c', propertiesFile, ...users]
}

function serve(classPath: string, propertiesFile: string): string[] {
  const quiet = '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'
  return [quiet, '-cp', classPath, 'kafka.Kafka', propertiesFile]
}
