/** A line of a batch's file. */
export interface InputLine {
  /** From 1; blank lines count. */
  number: number
  /** Undefined: it is longer than is taken. */
  bytes: Buffer | undefined
}

const NEWLINE = 0x0a
const BOM = Buffer.from([0xef, 0xbb, 0xbf])

/**
 * The lines of a JSON Lines file that are not blank. Holds one line and one
 * piece of the source at a time.
 */
export async function* readLines(
  source: AsyncIterable<Buffer>,
  maxLineBytes: number,
): AsyncGenerator<InputLine> {
  let number = 0
  let parts: Buffer[] = []
  let length = 0
  const taken = (): InputLine | undefined => {
    const [only] = parts
    const whole = parts.length === 1 ? only : Buffer.concat(parts)
    const bytes = length > maxLineBytes ? undefined : withoutBom(whole, number)
    parts = []
    length = 0
    return bytes && isBlank(bytes) ? undefined : { number, bytes }
  }
  for await (const piece of source) {
    let start = 0
    while (start < piece.length) {
      const found = piece.indexOf(NEWLINE, start)
      const stop = found < 0 ? piece.length : found
      length += stop - start
      if (length <= maxLineBytes) parts.push(piece.subarray(start, stop))
      else parts = []
      start = stop
      if (found < 0) continue
      number += 1
      start += 1
      const line = taken()
      if (line) yield line
    }
  }
  if (length === 0) return
  number += 1
  const line = taken()
  if (line) yield line
}

function withoutBom(bytes: Buffer | undefined, number: number): Buffer | undefined {
  return number === 1 && bytes?.subarray(0, BOM.length).equals(BOM)
    ? bytes.subarray(BOM.length)
    : bytes
}

function isBlank(bytes: Buffer): boolean {
  return bytes.every(byte => byte === 0x20 || byte === 0x09 || byte === 0x0d)
}
