import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import kafkajs from 'kafkajs'

const { CompressionCodecs, CompressionTypes } = kafkajs

/** A smaller request is sent sooner than it is compressed. */
const WORTHWHILE_LENGTH = 4 * 1024
const FAST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

// Of the types that brokers read, kafkajs has code for GZIP only, which takes ten times as long.
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: async (records: { buffer: Buffer }) => zstdCompressSync(records.buffer, FAST),
  decompress: async (compressed: Buffer) => zstdDecompressSync(compressed),
})

/** How a request travels whose texts have so many UTF-16 code units. */
export function compressionFor(length: number): number {
  return length < WORTHWHILE_LENGTH ? CompressionTypes.None : CompressionTypes.ZSTD
}
