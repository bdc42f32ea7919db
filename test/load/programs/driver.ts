/** Publishes or consumes on Kafka, by Longhaul's driver or by plain kafkajs, and prints what it took. */
import { randomUUID } from 'node:crypto'
import { openKafkaBus } from '@longhaul/bus'
import { Kafka, logLevel } from 'kafkajs'
import {
  BEGUN,
  type Consuming,
  type DriverFigures,
  type DriverTask,
  type Publishing,
  warmUpOf,
} from '../driver-task.ts'
import { jobOf } from '../prompts.ts'

const SCHEMA = '1'
const WINDOW = 1_000
const MICROSECONDS = 1e6

interface BenchMessage {
  key: string
  value: string
  headers: { 'longhaul-schema': string }
}

interface Driver {
  /** Resolves once all of them are acknowledged. */
  publish(messages: BenchMessage[]): Promise<unknown>
  /** Tells of each batch or message that came. */
  consume(group: string, came: (count: number) => void): Promise<unknown>
}

const task = JSON.parse(process.argv[2] ?? '{}') as DriverTask
const values = Array.from({ length: 100 }, (_, index) => JSON.stringify(jobOf(index)))
const driver = await (task.client === 'longhaul' ? openLonghaul() : openKafkajs())
const figures = await (task.work.kind === 'publish' ? publish(task.work) : consume(task.work))
console.log(JSON.stringify(figures))
process.exit(0) // nobody needs a good-bye

async function openLonghaul(): Promise<Driver> {
  const bus = await openKafkaBus({ brokers: task.brokers, clientId: 'bench' })
  await bus.ensureTopics([task.topic])
  return {
    publish: messages => Promise.all(messages.map(message => bus.publish(task.topic, message))),
    consume: (group, came) =>
      bus.consume({
        topics: [task.topic],
        group,
        window: WINDOW,
        versions: [Number(SCHEMA)],
        handle(delivery) {
          delivery.ack()
          came(1)
        },
      }),
  }
}

async function openKafkajs(): Promise<Driver> {
  const { brokers, topic } = task
  const kafka = new Kafka({ brokers, clientId: 'bench', logLevel: logLevel.NOTHING })
  const producer = kafka.producer({ allowAutoTopicCreation: false })
  await producer.connect()
  return {
    publish: messages => producer.send({ topic, messages }),
    async consume(groupId, came) {
      const consumer = kafka.consumer({ groupId })
      await consumer.connect()
      await consumer.subscribe({ topics: [topic], fromBeginning: true })
      await consumer.run({ eachBatch: async ({ batch }) => came(batch.messages.length) })
    },
  }
}

async function publish({ callers, perSend }: Publishing): Promise<DriverFigures> {
  await publishAll(warmUpOf(task.messages), callers, perSend)
  const end = begin()
  await publishAll(task.messages, callers, perSend)
  return end()
}

async function publishAll(messages: number, callers: number, perSend: number): Promise<void> {
  let left = messages
  const caller = async () => {
    while (left > 0) {
      const count = Math.min(perSend, left)
      left -= count
      await driver.publish(Array.from({ length: count }, newMessage))
    }
  }
  await Promise.all(Array.from({ length: callers }, caller))
}

async function consume({ group }: Consuming): Promise<DriverFigures> {
  const warmUp = warmUpOf(task.messages)
  const ended = Promise.withResolvers<DriverFigures>()
  let seen = 0
  let end: (() => DriverFigures) | undefined
  await driver.consume(group, count => {
    seen += count
    if (!end && seen >= warmUp) end = begin()
    if (end && seen >= warmUp + task.messages) ended.resolve(end())
  })
  return ended.promise
}

function begin(): () => DriverFigures {
  console.log(BEGUN)
  const startedAt = performance.now()
  const before = process.cpuUsage()
  return () => {
    const { user, system } = process.cpuUsage(before)
    const seconds = (performance.now() - startedAt) / 1_000
    return { seconds, cpuSeconds: (user + system) / MICROSECONDS }
  }
}

function newMessage(): BenchMessage {
  const value = values[Math.floor(Math.random() * values.length)] ?? ''
  return { key: randomUUID(), value, headers: { 'longhaul-schema': SCHEMA } }
}
