import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { freePort } from '@longhaul/embedded-postgres'
import { Kafka, logLevel } from 'kafkajs'
import { describeOn } from '../../../test/servers.ts'
import { LocalKafka } from './local-kafka.ts'

const START_MS = 120_000
const RETRY = { retries: 10, initialRetryTime: 50, maxRetryTime: 500 }

function client(...brokers: string[]): Kafka {
  return new Kafka({ brokers, logLevel: logLevel.NOTHING, retry: RETRY })
}

await describeOn('local-kafka', 'a local Kafka', () => {
  let dataDir: string
  let kafka: LocalKafka
  let behindProxy: { port: number; proxyPort: number }
  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'longhaul-kafka-'))
    behindProxy = { port: await freePort(), proxyPort: await freePort() }
    kafka = new LocalKafka({ dataDir, behindProxy, properties: { 'num.partitions': '3' } })
    await kafka.start()
  }, START_MS)
  afterAll(async () => {
    await kafka.stop()
    rmSync(dataDir, { recursive: true, force: true })
  })

  async function newestOffset(topic: string): Promise<string | undefined> {
    const admin = client(...kafka.brokers).admin()
    await admin.connect()
    try {
      return (await admin.fetchTopicOffsets(topic))[0]?.offset
    } finally {
      await admin.disconnect()
    }
  }

  async function send(topic: string): Promise<void> {
    const producer = client(...kafka.brokers).producer()
    await producer.connect()
    await producer.send({ topic, acks: -1, messages: [{ partition: 0, value: 'kept' }] })
    await producer.disconnect()
  }

  it('takes further properties', async () => {
    const admin = client(...kafka.brokers).admin()
    await admin.connect()
    await admin.createTopics({ topics: [{ topic: 'jobs' }], waitForLeaders: true })
    expect(await admin.fetchTopicOffsets('jobs')).toHaveLength(3)
    await admin.disconnect()
  })

  it('serves a group from the first moment', async () => {
    await send('jobs')
    const consumer = client(...kafka.brokers).consumer({ groupId: 'workers' })
    const crashes: unknown[] = []
    consumer.on(consumer.events.CRASH, crash => crashes.push(crash))
    await consumer.connect()
    await consumer.subscribe({ topic: 'jobs', fromBeginning: true })
    const value = await new Promise(resolve => {
      void consumer.run({
        eachMessage: async ({ message }) => resolve(String(message.value)),
      })
    })
    await consumer.disconnect()
    expect(value).toBe('kept')
    expect(crashes).toEqual([])
  })

  it('sends those who come in by the second listener back through the proxy', async () => {
    let passed = 0
    const proxy = createServer(socket => {
      passed += 1
      const broker = connect(behindProxy.port, '127.0.0.1')
      pipeline(socket, broker, socket, () => {})
    }).listen(behindProxy.proxyPort, '127.0.0.1')
    const admin = client(`127.0.0.1:${behindProxy.port}`).admin()
    await admin.connect()
    const { brokers } = await admin.describeCluster()
    await admin.disconnect()
    proxy.close()
    expect(brokers.map(({ port }) => port)).toEqual([behindProxy.proxyPort])
    expect(passed).toBeGreaterThan(0)
  })

  it.each(['stop', 'kill'] as const)(
    'comes back on the same port with its data after %s',
    async end => {
      const { brokers, pid } = kafka
      const before = await newestOffset('jobs')
      await kafka[end]()
      expect(kafka.pid).toBeUndefined()
      await kafka.start()
      expect(kafka.brokers).toEqual(brokers)
      expect(kafka.pid).not.toBe(pid)
      expect(await newestOffset('jobs')).toBe(before)
    },
    START_MS,
  )
})
