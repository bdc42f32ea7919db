import { createHash } from 'node:crypto'

/** Kafka's bound on the length of a topic's name. */
const LONGEST = 249
const DIGEST_CHARACTERS = 32

/**
 * Kafka's name for a topic of ours: the prefix, and the name with every
 * character that Kafka refuses written as `-x<hexadecimal code point>-`.
 *
 * Different topics have different names. The underscore is escaped although it
 * is legal: Kafka takes `a_b` and `a.b` for the same topic. A `-` is escaped only
 * where `x` follows, so that the usual model names stay as they are. What would
 * be too long ends in a digest, behind `-xh`, which no escape begins with.
 *
 * @param prefix letters, digits, `.` and `-`; may be empty
 */
export function kafkaTopic(prefix: string, topic: string): string {
  const name = prefix + escaped(topic)
  if (name.length <= LONGEST) return name
  const digest = createHash('sha256').update(topic).digest('hex').slice(0, DIGEST_CHARACTERS)
  const tail = `-xh${digest}`
  return name.slice(0, LONGEST - tail.length) + tail
}

/** @throws {RangeError} when Kafka would refuse it, or it leaves no room for the topic */
export function assertTopicPrefix(prefix: string): void {
  if (/^[A-Za-z0-9.-]{0,100}$/.test(prefix)) return
  throw new RangeError(
    `topicPrefix must be at most 100 letters, digits, dots and hyphens, not ${JSON.stringify(prefix)}`,
  )
}

function escaped(topic: string): string {
  return topic.replace(/-(?=x)|[^A-Za-z0-9.-]/gu, escapeOf)
}

function escapeOf(character: string): string {
  return `-x${character.codePointAt(0)?.toString(16)}-`
}
