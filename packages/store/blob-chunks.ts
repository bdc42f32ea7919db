import type { Database, Statement } from './database.ts'

/** The content of files where no object store is configured: pieces, numbered from 0. */
export class BlobChunks {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /**
   * @param blob the 32 digits of a UUID
   * @throws {StoreUnavailableError}
   */
  async put(blob: string, number: number, content: Uint8Array): Promise<void> {
    await this.#database.bulk(PUT, [blob, number, content])
  }

  /** Undefined when there is no such piece. */
  async get(blob: string, number: number): Promise<Buffer | undefined> {
    const [row] = await this.#database.bulk<{ content: Buffer }>(GET, [blob, number])
    return row?.content
  }

  async remove(blob: string): Promise<void> {
    await this.#database.bulk(REMOVE, [blob])
  }
}

const PUT: Statement = {
  name: 'blob-put',
  text: `INSERT INTO blob_chunks (blob, number, content) VALUES ($1::uuid, $2, $3)
    ON CONFLICT (blob, number) DO UPDATE SET content = excluded.content`,
}

const GET: Statement = {
  name: 'blob-get',
  text: 'SELECT content FROM blob_chunks WHERE blob = $1::uuid AND number = $2',
}

const REMOVE: Statement = {
  name: 'blob-remove',
  text: 'DELETE FROM blob_chunks WHERE blob = $1::uuid',
}
