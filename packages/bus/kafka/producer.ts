import { BusUnavailableError } from '../port.ts'
import { Acknowledgements, type TopicMessages } from './acknowledgements.ts'
import { KafkaClient, type KafkaJsLog, patientRetries } from './client.ts'
import { compressionFor } from './compression.ts'
import type { KafkaConnection } from './connection.ts'
import { packed } from './pack.ts'
import { partitioner } from './partitioner.ts'
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
    createPartitioner: partitioner,
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
  const acknowledgements = new Acknowledgements()
  return {
    send: async batch => {
      try {
        let unsent = batch.map(toKafka)
        const compression = compressionFor(batch)
        while (unsent.length > 0) {
          const topicMessages = unsent
          const answers = await producer.sendBatch({
            acks: ALL_REPLICAS,
            compression,
            topicMessages,
          })
          unsent = acknowledgements.unanswered(unsent, answers)
        }
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

  function toKafka({ topic, messages }: OutgoingTopic): TopicMessages {
    return { topic: options.nameOf(topic), messages: packed(messages) }
  }
}
