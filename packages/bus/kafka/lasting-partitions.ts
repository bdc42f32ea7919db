import { type ICustomPartitioner, type PartitionerArgs, Partitioners } from 'kafkajs'

/**
 * By the key, as every client of Kafka. A message keeps the partition of its
 * first try, also when the topic gets more of them meanwhile: its sequence number
 * counts there. One whose partition is gone, since the topic was made anew with
 * fewer, gets another: kafkajs would leave it out, try after try, without a word.
 */
export const lastingPartitions: ICustomPartitioner = () => {
  const choose = Partitioners.DefaultPartitioner()
  return place => {
    const { message } = place
    if (message.partition !== undefined && !isThere(message.partition, place)) {
      delete message.partition
    }
    message.partition ??= choose(place)
    return message.partition
  }
}

function isThere(partition: number, { partitionMetadata }: PartitionerArgs): boolean {
  return partitionMetadata.some(({ partitionId }) => partitionId === partition)
}
