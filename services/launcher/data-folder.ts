import { randomUUID } from 'node:crypto'
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { isAlive } from '@longhaul/embedded-postgres'

/** The folder is in use by a process that lives. */
export class DataFolderInUseError extends Error {
  readonly code = 'data_folder_in_use'
  constructor(folder: string, pid: number) {
    super(
      `${folder} is in use by process ${pid}: a Longhaul runs there already. ` +
        'Stop it, or give this one a folder of its own with LONGHAUL_DATA_DIR.',
    )
    this.name = 'DataFolderInUseError'
  }
}

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
  readonly #lockFile: string

  /** @throws {DataFolderInUseError} */
  constructor(path: string) {
    this.path = resolve(path)
    mkdirSync(this.path, { recursive: true })
    this.#lockFile = join(this.path, 'lock.json')
    lock(this.path, this.#lockFile)
    const ownerFile = join(this.path, 'owner')
    this.previousOwner = existsSync(ownerFile) ? readFileSync(ownerFile, 'utf8') : undefined
    this.owner = `${hostname()}-${randomUUID()}`
    writeFileSync(ownerFile, this.owner)
  }

  /** Safe to call twice. */
  release(): void {
    rmSync(this.#lockFile, { force: true })
  }
}

interface Lock {
  pid: number
  /** Pids are reused; where the system tells, the start time says whether this is the same process. */
  startedAt: string | undefined
}

function lock(folder: string, file: string): void {
  for (;;) {
    try {
      const handle = openSync(file, 'wx', 0o600)
      writeSync(handle, JSON.stringify({ pid: process.pid, startedAt: startOf(process.pid) }))
      closeSync(handle)
      return
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
      removeStale(folder, file)
    }
  }
}

/** Moved away first: of two that find the same stale lock, one moves it, the other finds nothing to move. */
function removeStale(folder: string, file: string): void {
  const holder = readLock(file)
  if (holder && isAlive(holder.pid) && startOf(holder.pid) === holder.startedAt) {
    throw new DataFolderInUseError(folder, holder.pid)
  }
  const aside = `${file}.${process.pid}`
  try {
    renameSync(file, aside)
    rmSync(aside, { force: true })
  } catch {
    // The other was faster; the next round sees its lock.
  }
}

function readLock(file: string): Lock | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Lock
  } catch {
    return undefined // half written by a process that died at it
  }
}

/** Clock ticks since boot at which the process started (Linux, proc(5)); undefined elsewhere. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}
