/** Where a group is in a partition, as its consumer knows it: what a commit tells. */
export interface Standing {
  /** All messages before it are done. */
  readonly offset: number
  /** Messages from `offset` up to this one were fetched. */
  readonly position: number
  /** Of those that were fetched, the messages that wait or are in hand. */
  readonly unsettled: number
  /** Messages of a record, in the mean of the latest. */
  readonly perRecord: number
}

/** What a commit says beside the offset, for whoever asks how much is left. */
export function metadataOf({ position, unsettled, perRecord }: Standing): string {
  return `${position} ${unsettled} ${perRecord.toFixed(2)}`
}

/** What is known of a partition from outside. */
export interface PartitionState {
  /** The first offset that is kept, and the one behind the last. */
  readonly low: number
  readonly high: number
  /** As committed; below 0 when nothing was. */
  readonly offset: number
  readonly metadata: string | null
}

/** Messages that are not settled. Exact for what was fetched; of the rest the records are known. */
export function messagesLeft({ low, high, offset, metadata }: PartitionState): number {
  const from = Math.max(low, offset)
  const [position = Number.NaN, unsettled = 0, perRecord = 1] = (metadata ?? '')
    .split(' ')
    .map(Number)
  const isCurrent = position >= from && position <= high
  if (!isCurrent) return Math.max(0, high - from)
  return unsettled + Math.round((high - position) * perRecord)
}
