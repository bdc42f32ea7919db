/**
 * The same bytes in pieces of `pieceBytes`; the last may be shorter. A piece is
 * the parts of it as they came: nothing is copied.
 */
export async function* inPieces(
  source: AsyncIterable<Uint8Array>,
  pieceBytes: number,
): AsyncGenerator<Uint8Array[]> {
  let parts: Uint8Array[] = []
  let room = pieceBytes
  for await (const bytes of source) {
    let taken = 0
    while (taken < bytes.length) {
      const part = bytes.subarray(taken, taken + room)
      parts.push(part)
      taken += part.length
      room -= part.length
      if (room === 0) {
        yield parts
        parts = []
        room = pieceBytes
      }
    }
  }
  if (parts.length > 0) yield parts
}
