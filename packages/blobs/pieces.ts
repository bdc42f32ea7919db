/**
 * The same bytes in pieces of `pieceBytes`; the last may be shorter. Two buffers
 * take turns: a piece holds until the one after the next is asked for, so that
 * one can be sent while the next fills.
 */
export async function* inPieces(
  source: AsyncIterable<Uint8Array>,
  pieceBytes: number,
): AsyncGenerator<Buffer> {
  let [piece, other] = [Buffer.allocUnsafeSlow(pieceBytes), Buffer.allocUnsafeSlow(pieceBytes)]
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
        ;[piece, other] = [other, piece]
        filled = 0
      }
    }
  }
  if (filled > 0) yield piece.subarray(0, filled)
}
