import { type Message as KafkaJsMessage, Partitioners } from 'kafkajs'
import { KafkaClient, type KafkaConnection, type KafkaLogger, patientRetries } from './client.ts'
import { outgoing } from './record.ts'
import type { OutgoingTopic, Sender } from './send-queue.ts'

/** How long a producer that is no longer needed may take to say good-bye. */
const GOODBYE_MS = 1_000
const ALL_REPLICAS = -1

/**
 * Connects an idempotent producer. kafkajs repeats a request under its sequence
 * numbers for as long as the sender is not closed.
 * @throws when no broker can be reached within the time that connecting may take
 */
export async function connectSender(
  connection: KafkaConnection,
  logger: KafkaLogger,
  options: { nameOf(topic: string): string; timeoutMs: number },
): Promise<Sender> {
  const client = new KafkaClient(connection, logger, patientRetries)
  const producer = client.kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
    retry: { ...patientRetries, retries: Number.MAX_SAFE_INTEGER },
  })
  const giveUp = setTimeout(() => client.end(), options.timeoutMs)
  try {
    await producer.connect()
  } catch (error) {
    client.end()
    throw error
  } finally {
    clearTimeout(giveUp)
  }
  return {
    send: async batch => {
      await producer.sendBatch({ acks: ALL_REPLICAS, topicMessages: batch.map(toKafka) })
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
