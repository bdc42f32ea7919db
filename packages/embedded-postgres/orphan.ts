import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** How long a fast shutdown may take before the orphan is killed. */
const STOP_TIMEOUT_MS = 20_000

/**
 * Stops a server that outlived the process which had started it; it holds the
 * data folder, and nobody watches it any more. A fast shutdown (SIGINT) rolls
 * open transactions back and leaves nothing to recover.
 * @returns its pid, or undefined when there was none
 */
export async function stopOrphan(dataDir: string): Promise<number | undefined> {
  const pid = postmasterPid(dataDir)
  if (pid === undefined || !isPostgresOn(pid, dataDir)) return undefined
  process.kill(pid, 'SIGINT')
  const deadline = Date.now() + STOP_TIMEOUT_MS
  while (isAlive(pid)) {
    if (Date.now() > deadline) process.kill(pid, 'SIGKILL')
    await delay(50)
  }
  return pid
}

/** The first line of `postmaster.pid`. */
export function postmasterPid(dataDir: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(join(dataDir, 'postmaster.pid'), 'utf8'), 10)
    return Number.isNaN(pid) ? undefined : pid
  } catch {
    return undefined
  }
}

/** Pids are reused: what we stop must be PostgreSQL, on this very folder. */
function isPostgresOn(pid: number, dataDir: string): boolean {
  try {
    const command = execFileSync('ps', ['-ww', '-p', String(pid), '-o', 'command='], {
      encoding: 'utf8',
    })
    return command.includes('postgres') && command.includes(dataDir)
  } catch {
    return false
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
