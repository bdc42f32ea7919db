import { type Store, StoreUnavailableError } from '@longhaul/store'
import { inPieces } from './pieces.ts'
import { BlobMissingError, type Blobs, BlobsUnavailableError, type ByteRange } from './port.ts'

/** One row each: large enough that a statement costs little beside it, small beside what a process holds. */
const CHUNK_BYTES = 512 * 1024

/** Files as rows of PostgreSQL: nothing else is needed, and backups hold them. */
export function openPostgresBlobs(store: Pick<Store, 'blobChunks' | 'health'>): Blobs {
  const { blobChunks } = store
  return {
    async write(key, source) {
      let bytes = 0
      let number = 0
      let last: Promise<void> = Promise.resolve()
      try {
        for await (const piece of inPieces(source, CHUNK_BYTES)) {
          // One is under way while the next fills.
          await last
          last = reaching(blobChunks.put(blobOf(key), number, piece))
          last.catch(() => {}) // awaited above, or below
          number += 1
          for (const part of piece) bytes += part.length
        }
      } catch (error) {
        // What is under way would land behind the `remove` that follows.
        await last.catch(() => {})
        throw error
      }
      await last
      // So that an empty file differs from none.
      if (number === 0) await reaching(blobChunks.put(blobOf(key), 0, []))
      return { bytes }
    },
    read: (key, range = { start: 0, end: Number.POSITIVE_INFINITY }) =>
      readChunks(blobChunks, key, range),
    remove: key => reaching(blobChunks.remove(blobOf(key))),
    health: () => store.health(800),
    async stop() {},
  }
}

async function* readChunks(
  chunks: Store['blobChunks'],
  key: string,
  { start, end }: ByteRange,
): AsyncGenerator<Buffer> {
  let number = Math.floor(start / CHUNK_BYTES)
  let next = reaching(chunks.get(blobOf(key), number))
  for (;;) {
    const chunk = await next
    if (!chunk) {
      if (number === 0) throw new BlobMissingError(key)
      return
    }
    const offset = number * CHUNK_BYTES
    const isLast = chunk.length < CHUNK_BYTES || offset + chunk.length > end
    number += 1
    // The next comes while this one is taken.
    if (!isLast) {
      next = reaching(chunks.get(blobOf(key), number))
      next.catch(() => {}) // awaited above, unless the reader goes away
    }
    const part = chunk.subarray(Math.max(0, start - offset), Math.max(0, end + 1 - offset))
    if (part.length > 0) yield part
    if (isLast) return
  }
}

/** The key holds the digits of a UUID at its end. */
function blobOf(key: string): string {
  return key.slice(-32)
}

async function reaching<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked
  } catch (error) {
    throw error instanceof StoreUnavailableError ? new BlobsUnavailableError(error) : error
  }
}
