/**
 * The same bytes in pieces of `pieceBytes`; the last may be shorter. Holds one
 * piece at a time.
 */
export async function* inPieces(
  source: AsyncIterable<Uint8Array>,
  pieceBytes: number,
): AsyncGenerator<Buffer> {
  let piece = Buffer.allocUnsafe(pieceBytes)
  let filled = 0
  for await (const bytes of source) {
    let taken = 0
    while (taken < bytes.length) {
      const part = bytes.subarray(taken, taken + pieceBytes - filled)
      piece.set(part, filled)
      filled += part.length
      taken += part.length
      if (filled === pieceBytes) {
        yield piece
        piece = Buffer.allocUnsafe(pieceBytes)
        filled = 0
      }
    }
  }
  if (filled > 0) yield piece.subarray(0, filled)
}
