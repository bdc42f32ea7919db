import type { Message as KafkaJsMessage, RecordMetadata } from 'kafkajs'

export interface TopicMessages {
  topic: string
  /** Each with its partition. */
  messages: KafkaJsMessage[]
}

/**
 * What Kafka keeps of the requests of one idempotent producer, by the answers of
 * the brokers: of each partition the offset of the first message of the request.
 */
export class Acknowledgements {
  readonly #lastOffsets = new Map<string, number>()

  /**
   * kafkajs takes a request for done once every broker that leads one of its
   * partitions has answered. A partition whose leader died may have come to a
   * broker that had answered before, for others: it was never sent there.
   * @returns the messages of partitions that no answer names. Sent again as they
   *   are, they have the sequence numbers of the first time, so that Kafka keeps
   *   them once.
   * @throws {Error} an answer names the place of messages that were acknowledged
   *   before: Kafka took these for a repetition of them, and did not keep these
   */
  unanswered(request: TopicMessages[], answers: RecordMetadata[]): TopicMessages[] {
    const offsets = new Map<string, number>()
    for (const { topicName, partition, baseOffset } of answers) {
      const place = placeOf(topicName, partition)
      const offset = Number(baseOffset)
      const last = this.#lastOffsets.get(place) ?? -1
      if (offset <= last) {
        const places = `at offset ${offset}, not after ${last}`
        throw new Error(`Kafka acknowledged messages for ${topicName}[${partition}] ${places}`)
      }
      offsets.set(place, Math.max(offset, offsets.get(place) ?? offset))
    }
    for (const [place, offset] of offsets) this.#lastOffsets.set(place, offset)
    return request
      .map(({ topic, messages }) => ({
        topic,
        messages: messages.filter(({ partition }) => !offsets.has(placeOf(topic, partition))),
      }))
      .filter(({ messages }) => messages.length > 0)
  }
}

function placeOf(topic: string, partition: number | undefined): string {
  return `${topic} ${partition}`
}
