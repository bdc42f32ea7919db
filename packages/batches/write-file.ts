import type { Blobs } from '@longhaul/blobs'
import { newId } from '@longhaul/contracts'
import type { Store } from '@longhaul/store'

export interface FileWriterDependencies {
  store: Pick<Store, 'files'>
  blobs: Blobs
}

export interface WrittenFile {
  id: string
  bytes: number
}

/**
 * Writes a file that is not shown yet. When it rejects nothing of it is left,
 * or a sweep will find it.
 * @param text in pieces of some size; none at all writes no file
 */
export async function writeFile(
  { store, blobs }: FileWriterDependencies,
  about: { tenantId: string; filename: string; purpose: string },
  text: AsyncIterable<string>,
): Promise<WrittenFile | null> {
  const pieces = text[Symbol.asyncIterator]()
  const first = await pieces.next()
  if (first.done) return null
  const id = newId('file')
  await store.files.begin({ id, ...about, expiresAt: null })
  async function* bytes() {
    yield Buffer.from(first.value)
    for (;;) {
      const next = await pieces.next()
      if (next.done) return
      yield Buffer.from(next.value)
    }
  }
  try {
    const written = await blobs.write(id, bytes())
    return { id, bytes: written.bytes }
  } catch (error) {
    await discardFile({ store, blobs }, id).catch(() => {}) // a sweep comes after
    throw error
  }
}

/** Takes away a file that was not shown. */
export async function discardFile(
  { store, blobs }: FileWriterDependencies,
  id: string,
): Promise<void> {
  await store.files.abandon(id)
  await blobs.remove(id)
  await store.files.forget(id)
}
