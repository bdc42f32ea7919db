import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { inPieces } from './pieces.ts'

async function piecesOf(parts: readonly Uint8Array[], pieceBytes = 512 * 1024) {
  async function* source() {
    yield* parts
  }
  const pieces: Uint8Array[][] = []
  for await (const piece of inPieces(source(), pieceBytes)) pieces.push(piece)
  return pieces
}

describe('the pieces of a file', () => {
  it.each([
    { longest: 70_000, asked: { min: 1_000, max: 100_000 } },
    { longest: 30, asked: { min: 1, max: 60 } },
  ])(
    'hold its bytes in order, each but the last as many as are asked for: %j',
    async ({ longest, asked }) => {
      const sizes = fc.array(fc.integer({ min: 0, max: longest }), { maxLength: 12 })
      await fc.assert(
        fc.asyncProperty(sizes, fc.integer(asked), async (lengths, pieceBytes) => {
          let next = 1
          const parts = lengths.map(length => new Uint8Array(length).fill(next++))
          const pieces = await piecesOf(parts, pieceBytes)
          expect(Buffer.concat(pieces.flat()).equals(Buffer.concat(parts))).toBe(true)
          const bytes = pieces.map(piece => piece.reduce((sum, part) => sum + part.length, 0))
          expect(bytes.slice(0, -1).every(length => length === pieceBytes)).toBe(true)
          expect(bytes.every(length => length > 0 && length <= pieceBytes)).toBe(true)
        }),
        { numRuns: 50 },
      )
    },
  )

  it('are few parts, however small those come', async () => {
    const bytes = Array.from({ length: 128 * 1024 + 1 }, () => Uint8Array.of(7))
    const pieces = await piecesOf(bytes, 128 * 1024)
    expect(pieces.map(parts => parts.length)).toEqual([2, 1])
  })

  it('do not copy large parts', async () => {
    const large = new Uint8Array(100_000)
    const [piece] = await piecesOf([Uint8Array.of(1), large, Uint8Array.of(2)])
    expect(piece?.map(part => part.length)).toEqual([1, 100_000, 1])
    expect(piece?.[1]?.buffer).toBe(large.buffer)
  })

  it('are none when there are no bytes', async () => {
    expect(await piecesOf([])).toEqual([])
    expect(await piecesOf([new Uint8Array(0)])).toEqual([])
  })
})
