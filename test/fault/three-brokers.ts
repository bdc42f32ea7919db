import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@longhaul/embedded-postgres'
import { LocalKafka } from '@longhaul/local-servers'
import { type Admin, Kafka, logLevel } from 'kafkajs'
import { eventually } from '../conformance/eventually.ts'
import { TcpProxy } from './tcp-proxy.ts'

const COUNT = 3
const IN_SYNC_MS = 60_000
const PROPERTIES = {
  'default.replication.factor': '3',
  'min.insync.replicas': '2',
  'offsets.topic.replication.factor': '3',
  'transaction.state.log.replication.factor': '3',
  'transaction.state.log.min.isr': '2',
}

interface Node {
  readonly kafka: LocalKafka
  readonly proxy: TcpProxy
}

/**
 * Three nodes of one cluster, each with a copy of every partition, of which two
 * must have a message. Clients reach each of them directly, or through a proxy.
 */
export class ThreeBrokers {
  readonly #nodes: readonly Node[]
  readonly #folder: string

  private constructor(folder: string, nodes: readonly Node[]) {
    this.#folder = folder
    this.#nodes = nodes
  }

  static async start(): Promise<ThreeBrokers> {
    const folder = mkdtempSync(join(tmpdir(), 'longhaul-brokers-'))
    const controllerPorts: number[] = []
    while (controllerPorts.length < COUNT) controllerPorts.push(await freePort())
    const nodes: Node[] = []
    for (let nodeId = 1; nodeId <= COUNT; nodeId += 1) {
      const proxy = await TcpProxy.listen(await freePort(), await freePort())
      const kafka = new LocalKafka({
        dataDir: join(folder, String(nodeId)),
        quorum: { nodeId, controllerPorts },
        behindProxy: { port: proxy.targetPort, proxyPort: proxy.port },
        properties: PROPERTIES,
      })
      nodes.push({ kafka, proxy })
    }
    const brokers = new ThreeBrokers(folder, nodes)
    try {
      await Promise.all(nodes.map(({ kafka }) => kafka.start()))
    } catch (error) {
      await brokers.end()
      throw error
    }
    return brokers
  }

  get addresses(): string[] {
    return this.#nodes.flatMap(({ kafka }) => kafka.brokers)
  }

  /** Whose clients come back through the proxies. */
  get proxiedAddresses(): string[] {
    return this.#nodes.map(({ proxy }) => `127.0.0.1:${proxy.port}`)
  }

  proxyOf(nodeId: number): TcpProxy {
    return this.#node(nodeId).proxy
  }

  /** Ids begin with 1. */
  async kill(nodeId: number): Promise<void> {
    await this.#node(nodeId).kafka.kill()
  }

  async restart(nodeId: number): Promise<void> {
    await this.#node(nodeId).kafka.start()
  }

  /** The node that leads the first partition, and so takes what is published to it. */
  async leaderOf(topic: string): Promise<number> {
    const [partition] = await this.#partitionsOf(topic)
    if (!partition) throw new Error(`no topic ${topic}`)
    return partition.leader
  }

  /** The messages in the log. */
  async countOf(topic: string): Promise<number> {
    const partitions = await this.#ask(admin => admin.fetchTopicOffsets(topic))
    return partitions.reduce((sum, { offset }) => sum + Number(offset), 0)
  }

  /** Of each partition, how many nodes hold it and are up to date. */
  async copiesOf(topic: string): Promise<number[]> {
    return (await this.#partitionsOf(topic)).map(({ isr }) => isr.length)
  }

  /** Resolves when every node has every message of the topic. */
  async untilInSync(topic: string): Promise<void> {
    await eventually(
      () => this.copiesOf(topic),
      copies => copies.every(count => count === COUNT),
      IN_SYNC_MS,
    )
  }

  async end(): Promise<void> {
    await Promise.all(this.#nodes.map(({ kafka }) => kafka.kill()))
    await Promise.all(this.#nodes.map(({ proxy }) => proxy.close()))
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  }

  #node(nodeId: number): Node {
    const node = this.#nodes[nodeId - 1]
    if (!node) throw new Error(`no node ${nodeId}`)
    return node
  }

  async #partitionsOf(topic: string) {
    const { topics } = await this.#ask(admin => admin.fetchTopicMetadata({ topics: [topic] }))
    const partitions = topics[0]?.partitions ?? []
    return partitions.toSorted((a, b) => a.partitionId - b.partitionId)
  }

  async #ask<T>(question: (admin: Admin) => Promise<T>): Promise<T> {
    const { addresses: brokers } = this
    const admin = new Kafka({ brokers, clientId: 'looker-on', logLevel: logLevel.NOTHING }).admin()
    await admin.connect()
    try {
      return await question(admin)
    } finally {
      await admin.disconnect()
    }
  }
}
