import type { Database, Statement } from './database.ts'

const BLOB = /^[0-9a-f]{32}$/

/** The content of files where no object store is configured: pieces, numbered from 0. */
export class BlobChunks {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /**
   * @param blob the 32 digits of a UUID
   * @param content in parts; each number of a blob is written once
   * @throws {StoreUnavailableError}
   */
  async put(blob: string, number: number, content: readonly Uint8Array[]): Promise<void> {
    assertPiece(blob, number)
    const position = Buffer.allocUnsafe(4)
    position.writeInt32BE(number)
    await this.#database.insertLarge('blob_chunks (blob, number, content)', [
      [Buffer.from(blob, 'hex')],
      [position],
      content,
    ])
  }

  /**
   * Undefined when there is no such piece.
   * @throws {StoreUnavailableError}
   */
  async get(blob: string, number: number): Promise<Buffer | undefined> {
    assertPiece(blob, number)
    const which = `blob = '${blob}'::uuid AND number = ${number}`
    return this.#database.bytes(`SELECT content FROM blob_chunks WHERE ${which}`)
  }

  async remove(blob: string): Promise<void> {
    await this.#database.bulk(REMOVE, [blob])
  }
}

function assertPiece(blob: string, number: number): void {
  if (!BLOB.test(blob)) throw new TypeError(`not the digits of a UUID: ${blob}`)
  if (number !== (number | 0)) throw new TypeError(`not the number of a piece: ${number}`)
}

const REMOVE: Statement = {
  name: 'blob-remove',
  text: 'DELETE FROM blob_chunks WHERE blob = $1::uuid',
}
