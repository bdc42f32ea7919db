/** One row in COPY's binary format (PostgreSQL's manual on COPY, "Binary Format"). */

/** A signature, flags (none), and the length of an extension (none). */
const HEADER = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
/** Before each row, and -1 after the last. */
const FIELDS_BYTES = 2
const END = Buffer.from([0xff, 0xff])
/** Before each field; what is read may be -1, for NULL. */
const LENGTH_BYTES = 4

/** @param fields each in its type's binary form, in parts that are not put together */
export function rowForCopy(fields: ReadonlyArray<readonly Uint8Array[]>): Uint8Array[] {
  const count = Buffer.allocUnsafe(FIELDS_BYTES)
  count.writeInt16BE(fields.length)
  const withLengths = fields.flatMap(parts => {
    const length = Buffer.allocUnsafe(LENGTH_BYTES)
    length.writeInt32BE(parts.reduce((sum, part) => sum + part.length, 0))
    return [length, ...parts]
  })
  return [HEADER, count, ...withLengths, END]
}

/** The first field of the first row; undefined: no row, or NULL. */
export function firstOfCopy(copied: Buffer): Buffer | undefined {
  const hasRow = copied.readInt16BE(HEADER.length) > 0
  if (!hasRow) return undefined
  const at = HEADER.length + FIELDS_BYTES
  const length = copied.readInt32BE(at)
  const start = at + LENGTH_BYTES
  return length < 0 ? undefined : copied.subarray(start, start + length)
}
