import { randomUUID } from 'node:crypto'
import {
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { isAlive } from '@longhaul/embedded-postgres'

/** The folder is in use by a process that lives. */
export class DataFolderInUseError extends Error {
  readonly code = 'data_folder_in_use'
  /** @param setting what names another folder */
  constructor(folder: string, pid: number, setting: string) {
    super(
      `${folder} is in use by process ${pid}: a Longhaul runs there already. ` +
        `Stop it, or give this one a folder of its own with ${setting}.`,
    )
    this.name = 'DataFolderInUseError'
  }
}

/**
 * One process at a time has a folder, and a process that was killed no longer
 * has it. Each that takes it adds a file `lock.<number>`, one above the highest;
 * the highest is the one that counts, and whoever holds it removes those below.
 *
 * The file appears whole and once (a hard link), so that of those who take over
 * the same dead process's folder one gets the number. A number never comes
 * again: an orderly release empties its file and leaves it. Whoever acted on an
 * old view finds a higher number beside its own, and withdraws.
 */
export class FolderLock {
  readonly #file: string

  private constructor(file: string) {
    this.#file = file
  }

  /** @throws {DataFolderInUseError} */
  static take(folder: string, setting: string): FolderLock {
    const draft = join(folder, `lock-draft-${randomUUID()}`)
    const holder: Holder = { pid: process.pid, startedAt: startOf(process.pid) }
    writeFileSync(draft, JSON.stringify(holder), { mode: 0o600 })
    try {
      for (;;) {
        const file = takeNext(folder, draft, setting)
        if (file !== undefined) return new FolderLock(file)
      }
    } finally {
      rmSync(draft, { force: true })
    }
  }

  /** Safe to call twice. */
  release(): void {
    if (existsSync(this.#file)) writeFileSync(this.#file, '')
  }
}

interface Holder {
  pid: number
  /** Pids are reused; where the system tells, the start time says whether this is the same process. */
  startedAt: string | undefined
}

/** @returns undefined when another was faster, and the folder is to be looked at anew */
function takeNext(folder: string, draft: string, setting: string): string | undefined {
  const [highest = 0] = numbersIn(folder)
  refuseIfHeld(folder, highest, setting)
  const number = highest + 1
  const file = fileOf(folder, number)
  if (!linked(draft, file)) return undefined
  const [latest, ...older] = numbersIn(folder)
  if (latest !== number) {
    rmSync(file, { force: true })
    return undefined
  }
  for (const past of older) rmSync(fileOf(folder, past), { force: true })
  removeDrafts(folder)
  return file
}

function refuseIfHeld(folder: string, number: number, setting: string): void {
  const holder = readHolder(fileOf(folder, number))
  if (holder && isAlive(holder.pid) && startOf(holder.pid) === holder.startedAt) {
    throw new DataFolderInUseError(folder, holder.pid, setting)
  }
}

/** Highest first. */
function numbersIn(folder: string): number[] {
  return readdirSync(folder)
    .flatMap(name => /^lock\.(\d+)$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => b - a)
}

function fileOf(folder: string, number: number): string {
  return join(folder, `lock.${number}`)
}

function linked(draft: string, file: string): boolean {
  try {
    linkSync(draft, file)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

const OLD_DRAFT_MS = 60_000

/** Of processes that were killed at it. */
function removeDrafts(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (!name.startsWith('lock-draft-')) continue
    const path = join(folder, name)
    const changedAt = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY
    if (Date.now() - changedAt > OLD_DRAFT_MS) rmSync(path, { force: true })
  }
}

/** Undefined for a file that was released, is gone, or was cut off by a power failure. */
function readHolder(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder
  } catch {
    return undefined
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
