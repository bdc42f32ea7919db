/**
 * The rows of a statement as one array per column, in PostgreSQL's binary
 * format: nothing is escaped on the way, nothing is parsed, and a long text is
 * copied as it is.
 *
 *     INSERT INTO … SELECT … FROM ${COLUMNS.recordset(3)}   -- $3, $4, … are arrays
 *     database.hot(STATEMENT, [first, second, ...COLUMNS.arrays(rows)])
 */
export class RowColumns<Name extends string> {
  readonly #columns: ReadonlyArray<readonly [Name, ColumnType]>

  /** @param types in the order of the parameters */
  constructor(types: Readonly<Record<Name, ColumnType>>) {
    this.#columns = Object.entries(types) as Array<[Name, ColumnType]>
  }

  /** What the rows are in the text of a statement; `r` names them. @param first the number of the first array */
  recordset(first: number): string {
    const arrays = this.#columns.map(([, type], place) => `$${first + place}::${type}[]`)
    const names = this.#columns.map(([name]) => name)
    return `unnest(${arrays.join(', ')}) AS r(${names.join(', ')})`
  }

  /**
   * What is absent, null or no finite number in a row is NULL. A `json` value is the text of it, a uuid 32 digits.
   * @throws {ValueError} a column's type has no such value
   */
  arrays(rows: ReadonlyArray<Readonly<Partial<Record<Name, Value>>>>): Buffer[] {
    return this.#columns.map(([name, type]) =>
      arrayOf(
        type,
        rows.map(row => row[name]),
      ),
    )
  }
}

type ColumnType = 'integer' | 'float8' | 'uuid' | 'text' | 'json'
type Value = number | string | null | undefined

/** What `pg_type` names them by, and how long a value is; undefined: as long as its text. */
const WIRE: Record<ColumnType, { oid: number; bytes: number | undefined }> = {
  integer: { oid: 23, bytes: 4 },
  float8: { oid: 701, bytes: 8 },
  uuid: { oid: 2950, bytes: 16 },
  text: { oid: 25, bytes: undefined },
  json: { oid: 114, bytes: undefined },
}

/** Of an array: dimensions, whether a value is NULL, the type; then length and lower bound of its one dimension. */
const EMPTY_BYTES = 12
const HEADER_BYTES = 20
/** Before each value; -1 says NULL. */
const LENGTH_BYTES = 4

/** Of a column that is NULL in every row an empty array: `unnest` fills it up. */
function arrayOf(type: ColumnType, values: readonly Value[]): Buffer {
  const { oid, bytes } = WIRE[type]
  let length = HEADER_BYTES
  let nulls = 0
  for (const value of values) {
    length += LENGTH_BYTES
    if (isNull(value)) nulls += 1
    else length += bytes ?? Buffer.byteLength(String(value))
  }
  const isEmpty = nulls === values.length
  const array = Buffer.allocUnsafe(isEmpty ? EMPTY_BYTES : length)
  array.writeInt32BE(isEmpty ? 0 : 1, 0)
  array.writeInt32BE(nulls > 0 ? 1 : 0, 4)
  array.writeInt32BE(oid, 8)
  if (isEmpty) return array
  array.writeInt32BE(values.length, 12)
  array.writeInt32BE(1, 16)
  let at = HEADER_BYTES
  for (const value of values) at = writeValue(array, at, type, value)
  return array
}

/** As JSON has it: what is no finite number is nothing. */
function isNull(value: Value): value is null | undefined {
  if (typeof value === 'number') return !Number.isFinite(value)
  return value === null || value === undefined
}

/** @returns the place behind it */
function writeValue(array: Buffer, at: number, type: ColumnType, value: Value): number {
  const start = at + LENGTH_BYTES
  if (isNull(value)) {
    array.writeInt32BE(-1, at)
    return start
  }
  const end = start + writeBytes(array, start, type, value)
  array.writeInt32BE(end - start, at)
  return end
}

/**
 * @returns how many
 * @throws {ValueError} the type has no such value
 */
function writeBytes(array: Buffer, at: number, type: ColumnType, value: number | string): number {
  switch (type) {
    case 'integer':
      if (value !== (Number(value) | 0)) throw new ValueError(type, value)
      return array.writeInt32BE(value, at) - at
    case 'float8':
      if (typeof value !== 'number') throw new ValueError(type, value)
      return array.writeDoubleBE(value, at) - at
    case 'uuid': {
      const written = array.write(String(value), at, 'hex')
      if (written !== WIRE.uuid.bytes) throw new ValueError(type, value)
      return written
    }
    case 'text':
    case 'json':
      // Half a surrogate pair would become another character.
      if (typeof value !== 'string' || !value.isWellFormed()) throw new ValueError(type, value)
      return array.write(value, at)
  }
}

/** With PostgreSQL's code for it, `invalid_text_representation`: another row may do better. */
class ValueError extends Error {
  readonly code = '22P02'
  constructor(type: ColumnType, value: number | string) {
    super(`${JSON.stringify(value)} is no value of ${type}`)
    this.name = 'ValueError'
  }
}
