import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { accessSync, constants, readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** Who runs the server. PostgreSQL refuses to run as root. */
export interface Account {
  name: string
  uid: number
  gid: number
}

/** Root steps down to one of these, the first that exists. */
const STAND_INS = ['postgres', 'nobody']

/** The account to drop to; undefined when this process is not root. */
export function standInAccount(passwd = '/etc/passwd'): Account | undefined {
  if (process.getuid?.() !== 0) return undefined
  const accounts = readFileSync(passwd, 'utf8')
    .split('\n')
    .map(line => line.split(':'))
  for (const wanted of STAND_INS) {
    const [name, , uid, gid] = accounts.find(([name]) => name === wanted) ?? []
    if (name && uid && gid) return { name, uid: Number(uid), gid: Number(gid) }
  }
  throw new Error(
    'PostgreSQL refuses to run as root, and there is neither a user "postgres" nor "nobody" to drop to; ' +
      'run as another user, or set DATABASE_URL',
  )
}

/**
 * Starts a server program as `account`. Where that user cannot enter the folders
 * that lead to the program or to the data (a clone under a private folder of
 * root), it keeps the one capability that lets it pass, by util-linux's `setpriv`.
 */
export function spawnAs(
  account: Account | undefined,
  program: string,
  args: string[],
  paths: string[],
  options: SpawnOptions,
): ChildProcess {
  if (!account) return spawn(program, args, options)
  if (paths.every(path => canEnter(account, dirname(path)))) {
    return spawn(program, args, { ...options, uid: account.uid, gid: account.gid })
  }
  const setpriv = ['/usr/bin/setpriv', '/bin/setpriv'].find(isExecutable)
  if (!setpriv) {
    throw new Error(
      `user "${account.name}", whom PostgreSQL runs as, cannot enter ${paths.join(' or ')}; ` +
        'run as another user, allow it to pass (chmod o+x on the folders above), or set DATABASE_URL',
    )
  }
  const keep = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override']
  const drop = [`--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups']
  // Without this bit access(2) ignores capabilities, and the server does not find itself.
  const securebits = '--securebits=+no_setuid_fixup'
  return spawn(setpriv, [securebits, ...drop, ...keep, program, ...args], options)
}

function canEnter(account: Account, folder: string): boolean {
  const { mode, uid, gid } = statSync(folder)
  const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001
  if ((mode & bit) === 0) return false
  return dirname(folder) === folder || canEnter(account, dirname(folder))
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
