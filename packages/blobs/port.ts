/** Bytes `start` to `end`, both included. */
export interface ByteRange {
  start: number
  end: number
}

/**
 * Keeps the content of files under keys. Nothing is held whole in memory: what
 * is written and read passes in pieces, no faster than the slower side.
 * Who has what under which key is known elsewhere, before the first byte.
 */
export interface Blobs {
  /**
   * Takes all of `source`, and resolves once it is durable. When it rejects,
   * or the process dies, pieces may be left: `remove` takes them away.
   * @param key of an id: letters, digits, `-` and `_`; written once
   * @returns how much it was
   * @throws {BlobsUnavailableError} and whatever `source` throws
   */
  write(key: string, source: AsyncIterable<Uint8Array>): Promise<{ bytes: number }>

  /**
   * The content, or a part of it. Ends early, without an error, where the
   * content does.
   * @throws {BlobMissingError} nothing is there
   * @throws {BlobsUnavailableError}
   */
  read(key: string, range?: ByteRange): AsyncIterable<Buffer>

  /** Removes what is there, and what a broken `write` left. Nothing there is no error. */
  remove(key: string): Promise<void>

  health(): Promise<{ ok: boolean; detail: string }>

  /** Safe to call twice. */
  stop(): Promise<void>
}

export class BlobMissingError extends Error {
  readonly code = 'blob_missing'
  constructor(key: string) {
    super(`there is no content under ${key}`)
    this.name = 'BlobMissingError'
  }
}

/** Where the content is kept cannot be reached. */
export class BlobsUnavailableError extends Error {
  readonly code = 'blobs_unavailable'
  constructor(cause: unknown) {
    super(`files cannot be reached: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    })
    this.name = 'BlobsUnavailableError'
  }
}
