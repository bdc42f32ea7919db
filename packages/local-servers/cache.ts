import { createHash, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Where fetched servers are kept; emptied with `node_modules`. */
export const CACHE = join(import.meta.dirname, '../../node_modules/.cache/longhaul')

const FETCH_TIMEOUT_MS = 120_000

export interface Download {
  url: string
  /** Hexadecimal. */
  sha256: string
}

/**
 * Fetches a file unless it is there. It appears under its name whole and
 * checked, or not at all; processes that race each bring the same bytes.
 * @throws {Error} the server does not give it, or it is not the file that was expected
 */
export async function fetchInto(file: string, { url, sha256 }: Download): Promise<void> {
  if (existsSync(file)) return
  const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) })
  if (!response.ok) throw new Error(`${url} answers ${response.status}`)
  const bytes = Buffer.from(await response.arrayBuffer())
  const actual = createHash('sha256').update(bytes).digest('hex')
  if (actual !== sha256) throw new Error(`${url} has the SHA-256 ${actual}, not ${sha256}`)
  mkdirSync(dirname(file), { recursive: true })
  const temporary = `${file}.${randomUUID()}`
  await writeFile(temporary, bytes)
  renameSync(temporary, file)
}

/**
 * Makes a folder unless it is there, under a temporary name until it is whole;
 * of processes that race, the first one's stays.
 */
export async function makeFolder(
  folder: string,
  fill: (temporary: string) => Promise<void>,
): Promise<void> {
  if (existsSync(folder)) return
  const temporary = `${folder}.${randomUUID()}`
  mkdirSync(temporary, { recursive: true })
  try {
    await fill(temporary)
    renameSync(temporary, folder)
  } catch (error) {
    if (!existsSync(folder)) throw error
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
}
