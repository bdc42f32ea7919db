import type { ICustomPartitioner, PartitionerArgs, PartitionMetadata } from 'kafkajs'

/**
 * One partition after another, of those that have a leader: whoever consumes gets
 * its share, and nothing waits for a broker that is away. A message keeps the
 * partition of its first try: its sequence number counts there. One whose
 * partition is gone, since the topic was made anew with fewer, gets another:
 * kafkajs would leave it out, try after try, without a word.
 */
export const partitioner: ICustomPartitioner = () => {
  const turns = new Map<string, number>()
  return place => {
    const { topic, message, partitionMetadata } = place
    if (message.partition !== undefined && !isThere(message.partition, place)) {
      delete message.partition
    }
    if (message.partition === undefined) {
      const turn = turns.get(topic) ?? Math.floor(Math.random() * partitionMetadata.length)
      turns.set(topic, turn + 1)
      message.partition = atTurn(turn, partitionMetadata)
    }
    return message.partition
  }
}

function isThere(partition: number, { partitionMetadata }: PartitionerArgs): boolean {
  return partitionMetadata.some(({ partitionId }) => partitionId === partition)
}

function atTurn(turn: number, all: readonly PartitionMetadata[]): number {
  const led = all.filter(({ leader }) => leader >= 0)
  const partitions = led.length > 0 ? led : all
  return partitions[turn % partitions.length]?.partitionId ?? 0
}
