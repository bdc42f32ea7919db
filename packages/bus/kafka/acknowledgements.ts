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
   * broker that had answered before, for others: it was never sent there. And
   * where a late failure has put back its sequence numbers, Kafka takes messages
   * for a repetition of earlier ones, and answers with the place of those. (So
   * does a topic that was deleted and begins again: what is sent there is sent twice.)
   * @returns the messages of partitions that no answer names, or only at a place
   *   that is not after the last one. Those that no answer names have, sent again as
   *   they are, the sequence numbers of the first time, so that Kafka keeps them once.
   */
  unanswered(request: TopicMessages[], answers: RecordMetadata[]): TopicMessages[] {
    const answered = new Set<string>()
    for (const { topicName, partition, baseOffset } of answers) {
      const place = placeOf(topicName, partition)
      const offset = Number(baseOffset)
      if (offset > (this.#lastOffsets.get(place) ?? -1)) answered.add(place)
      this.#lastOffsets.set(place, offset)
    }
    return request
      .map(({ topic, messages }) => ({
        topic,
        messages: messages.filter(({ partition }) => !answered.has(placeOf(topic, partition))),
      }))
      .filter(({ messages }) => messages.length > 0)
  }
}

function placeOf(topic: string, partition: number | undefined): string {
  return `${topic} ${partition}`
}
