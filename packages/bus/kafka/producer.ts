import { type Message as KafkaJsMessage, Partitioners } from 'kafkajs'
import { BusUnavailableError } from '../port.ts'
import { KafkaClient, type KafkaJsLog, patientRetries } from './client.ts'
import type { KafkaConnection } from './connection.ts'
import { outgoing } from './record.ts'
import type { OutgoingTopic, Sender } from './send-queue.ts'

/** How long a producer that is no longer needed may take to say good-bye. */
const GOODBYE_MS = 1_000
const ALL_REPLICAS = -1

/**
 * Connects an idempotent producer. kafkajs repeats a request under its sequence
 * numbers for as long as the sender is not closed.
 * @throws {BusUnavailableError} no broker can be reached within `timeoutMs`
 */
export async function connectSender(
  connection: KafkaConnection,
  log: KafkaJsLog,
  options: { nameOf(topic: string): string; timeoutMs: number },
): Promise<Sender> {
  const client = new KafkaClient(connection, log, patientRetries)
  const producer = client.kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
    retry: { ...patientRetries, retries: Number.MAX_SAFE_INTEGER },
  })
  let late: Error | undefined
  const giveUp = setTimeout(() => {
    late = new Error(`no connection within ${options.timeoutMs} ms`)
    client.end()
  }, options.timeoutMs)
  try {
    await producer.connect()
  } catch (error) {
    client.end()
    throw new BusUnavailableError(client.explain(late ?? error), { cause: error })
  } finally {
    clearTimeout(giveUp)
  }
  return {
    send: async batch => {
      try {
        await producer.sendBatch({ acks: ALL_REPLICAS, topicMessages: batch.map(toKafka) })
      } catch (error) {
        throw new BusUnavailableError(client.explain(error), { cause: error })
      }
    },
    close: async () => {
      const end = setTimeout(() => client.end(), GOODBYE_MS)
      await producer.disconnect().catch(() => {})
      clearTimeout(end)
      client.end()
    },
  }

  function toKafka({ topic, messages }: OutgoingTopic): {
    topic: string
    messages: KafkaJsMessage[]
  } {
    return { topic: options.nameOf(topic), messages: messages.map(outgoing) }
  }
}
