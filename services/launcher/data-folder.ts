import { randomUUID } from 'node:crypto'
import { accessSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { StartError } from './expected-error.ts'
import { FolderLock } from './folder-lock.ts'

export { DataFolderInUseError } from './folder-lock.ts'

/**
 * The folder of one embedded Longhaul. One process has it at a time; each life
 * of that process has a name of its own, under which it holds leases, and knows
 * the name of the life before.
 */
export class DataFolder {
  readonly path: string
  /** This life's name. */
  readonly owner: string
  /** The life before, which is known to be over. */
  readonly previousOwner: string | undefined
  readonly #lock: FolderLock

  /**
   * @param setting where people named the folder, for the remedy
   * @throws {DataFolderInUseError | StartError}
   */
  constructor(path: string, setting = 'LONGHAUL_DATA_DIR') {
    this.path = resolve(path)
    makeFolder(this.path, setting)
    this.#lock = FolderLock.take(this.path, setting)
    const ownerFile = join(this.path, 'owner')
    this.previousOwner = existsSync(ownerFile) ? readFileSync(ownerFile, 'utf8') : undefined
    this.owner = `${hostname()}-${randomUUID()}`
    writeFileSync(ownerFile, this.owner)
  }

  /** Safe to call twice. */
  release(): void {
    this.#lock.release()
  }
}

function makeFolder(path: string, setting: string): void {
  try {
    mkdirSync(path, { recursive: true })
    accessSync(path, constants.W_OK)
  } catch (error) {
    const { message } = error as Error
    throw new StartError(
      `${setting} cannot be used: ${message} — name a folder that can be written to`,
      { cause: error },
    )
  }
}
