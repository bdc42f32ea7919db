import { describe, expect, it } from '@jest/globals'
import kafkajs from 'kafkajs'
import { compressionFor } from './compression.ts'

const { CompressionCodecs, CompressionTypes } = kafkajs

describe('a request', () => {
  it('is compressed when its texts are several kilobytes together', () => {
    expect(compressionFor([topic('jobs', [100])])).toBe(CompressionTypes.None)
    expect(compressionFor([topic('jobs', [2_000, 2_000])])).toBe(CompressionTypes.None)
    expect(compressionFor([topic('a', [2_000]), topic('b', [3_000])])).toBe(CompressionTypes.ZSTD)
  })

  it('goes as it is when a text is long: what a fetch expands to has a bound', () => {
    expect(compressionFor([topic('jobs', [2_000, 20_000])])).toBe(CompressionTypes.None)
  })
})

it('comes out of the codec as it went in', async () => {
  const codec = CompressionCodecs[CompressionTypes.ZSTD]?.()
  const text = Buffer.from('a prompt like another '.repeat(500))
  const compressed: Buffer = await codec?.compress({ buffer: text })
  expect(compressed.length).toBeLessThan(text.length / 10)
  expect(await codec?.decompress(compressed)).toEqual(text)
})

function topic(name: string, lengths: readonly number[]) {
  const messages = lengths.map(length => ({
    key: 'job',
    value: 'x'.repeat(length),
    headers: { 'longhaul-schema': '1' },
  }))
  return { topic: name, messages }
}
