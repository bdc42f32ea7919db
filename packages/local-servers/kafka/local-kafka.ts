import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { freePort } from '@longhaul/embedded-postgres'
import { fetchJars } from '../maven/jars.ts'
import { findJava } from '../maven/java.ts'
import { run, Supervised } from '../supervised.ts'
import { servesGroups } from './admin.ts'
import { kafkaJars } from './lock.ts'
import { type KafkaListeners, serverProperties } from './properties.ts'

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
  /** Added to the server's properties, or replacing them. */
  properties?: Record<string, string>
  /** Default 256. */
  heapMegabytes?: number
}

interface KafkaProgram {
  java: string
  classPath: string
}

const READY_TIMEOUT_MS = 90_000
const STOP_TIMEOUT_MS = 20_000

/** Any 16 bytes in base64; a single broker never meets another cluster. */
const CLUSTER_ID = 'bG9uZ2hhdWwtbG9jYWwtMQ'

/** A single Apache Kafka broker (KRaft) as a child process. */
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
    const propertiesFile = this.#writeProperties({
      port: this.#port,
      controllerPort: await freePort(),
      ...(this.#options.behindProxy && { behindProxy: this.#options.behindProxy }),
    })
    if (!existsSync(join(this.#dataDir, 'kafka/meta.properties'))) {
      await run(java, [...FAST_START, ...format(classPath, propertiesFile)])
    }
    this.#process = new Supervised({
      program: java,
      args: [...this.#heap(), ...FAST_START, ...serve(classPath, propertiesFile)],
      logFile: join(this.#dataDir, 'kafka.log'),
    })
    await this.#process.untilReady(() => servesGroups(this.brokers), READY_TIMEOUT_MS)
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

function format(classPath: string, propertiesFile: string): string[] {
  return ['-cp', classPath, 'kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID].concat([
    '-c',
    propertiesFile,
  ])
}

function serve(classPath: string, propertiesFile: string): string[] {
  const quiet = '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'
  return [quiet, '-cp', classPath, 'kafka.Kafka', propertiesFile]
}
