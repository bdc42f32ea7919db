import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import kafkajs from 'kafkajs'
import type { OutgoingTopic } from './send-queue.ts'

const { CompressionCodecs, CompressionTypes } = kafkajs

/** A shorter request is sent sooner than it is compressed. */
const WORTHWHILE_LENGTH = 4 * 1024
/**
 * A request with a longer text goes as it is: a consumer that asks for so many
 * bytes gets what they expand to, and texts of one repeated line shrink a
 * thousandfold.
 */
const LONGEST_TEXT = 16 * 1024
const FAST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

// Of the types that brokers read, kafkajs has code for GZIP only, which takes ten times as long.
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: async (records: { buffer: Buffer }) => zstdCompressSync(records.buffer, FAST),
  decompress: async (compressed: Buffer) => zstdDecompressSync(compressed),
})

/** How a request travels; lengths are in UTF-16 code units. */
export function compressionFor(request: readonly OutgoingTopic[]): number {
  let length = 0
  for (const { messages } of request) {
    for (const { value } of messages) {
      if (value.length > LONGEST_TEXT) return CompressionTypes.None
      length += value.length
    }
  }
  return length < WORTHWHILE_LENGTH ? CompressionTypes.None : CompressionTypes.ZSTD
}
