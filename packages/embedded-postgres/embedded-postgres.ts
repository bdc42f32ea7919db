import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { acceptsPostgres } from './accepts-postgres.ts'
import { findBinaries, type PostgresBinaries } from './binaries.ts'
import { dieWithParent } from './die-with-parent.ts'
import { freePort } from './free-port.ts'
import { isAlive, postmasterPid, stopOrphan } from './orphan.ts'
import { type Account, spawnAs, standInAccount } from './run-as.ts'

export interface EmbeddedPostgresOptions {
  /** Holds `postgres/` (the cluster), `postgres.log` and `postgres.password`. */
  dataDir: string
  /** Default: the server that npm installed for this machine. */
  binaries?: PostgresBinaries
  /** Default 60. */
  maxConnections?: number
  /** Default false: it outlives a process that is killed, and the next start stops it. */
  diesWithParent?: boolean
  /** Told when the server is found dead, and when it is back. */
  log?: (message: string) => void
}

const USER = 'longhaul'

/** The address of the server that runs on a data folder now; undefined when none does. */
export function runningDatabaseUrl(dataDir: string): string | undefined {
  const cluster = join(resolve(dataDir), 'postgres')
  const pid = postmasterPid(cluster)
  if (pid === undefined || !isAlive(pid)) return undefined
  // Its fourth line is the port (PostgreSQL, "Lock files").
  const port = Number(readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n')[3])
  return urlOf(join(resolve(dataDir), 'postgres.password'), port)
}

function urlOf(passwordFile: string, port: number): string {
  return `postgres://${USER}:${readFileSync(passwordFile, 'utf8')}@127.0.0.1:${port}/postgres`
}
const READY_TIMEOUT_MS = 60_000
const RESTART_DELAY_MS = 250

/**
 * For a queue: statements are short and fsynced, the working set is what is
 * unfinished, and vacuum must keep up with rows that change three times a second.
 */
const SETTINGS: Record<string, string> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '60',
  shared_buffers: '128MB',
  max_wal_size: '2GB',
  checkpoint_timeout: '15min',
  autovacuum_naptime: '10s',
  log_min_messages: 'warning',
}

/**
 * A real PostgreSQL as a child process, kept alive: when it dies it is started
 * again on the same port, so that pools reconnect by themselves.
 */
export class EmbeddedPostgres {
  readonly #cluster: string
  readonly #logFile: string
  readonly #passwordFile: string
  readonly #log: (message: string) => void
  readonly #account: Account | undefined
  readonly #settings: Record<string, string>
  readonly #diesWithParent: boolean
  #binaries: PostgresBinaries | undefined
  #port = 0
  #process: ChildProcess | undefined
  #stopping = false
  #revival: Promise<void> = Promise.resolve()

  constructor(options: EmbeddedPostgresOptions) {
    const dataDir = resolve(options.dataDir)
    mkdirSync(dataDir, { recursive: true })
    this.#cluster = join(dataDir, 'postgres')
    this.#logFile = join(dataDir, 'postgres.log')
    this.#passwordFile = join(dataDir, 'postgres.password')
    this.#log = options.log ?? (() => {})
    this.#account = standInAccount()
    this.#binaries = options.binaries
    this.#diesWithParent = options.diesWithParent ?? false
    const { maxConnections } = options
    this.#settings = {
      ...SETTINGS,
      ...(maxConnections !== undefined && { max_connections: String(maxConnections) }),
    }
  }

  get url(): string {
    return urlOf(this.#passwordFile, this.#port)
  }

  /** Of the postmaster; undefined while it is down. */
  get pid(): number | undefined {
    return this.#process?.pid
  }

  /**
   * Creates the cluster at the first start, stops an orphan of a start before,
   * and resolves when connections are accepted.
   * @returns the pid of the orphan, if there was one
   */
  async start(): Promise<{ orphan: number | undefined }> {
    this.#binaries ??= await findBinaries()
    const orphan = await stopOrphan(this.#cluster)
    if (!existsSync(join(this.#cluster, 'PG_VERSION'))) await this.#initialise(this.#binaries)
    this.#port = await freePort()
    await this.#launch()
    return { orphan }
  }

  /**
   * Fast shutdown; safe to call twice.
   * Writes out what it holds in memory, or, when that takes more than `budgetMs`,
   * leaves it to the recovery of the next start.
   */
  async stop(budgetMs?: number): Promise<void> {
    this.#stopping = true
    await this.#revival
    const running = this.#process
    this.#process = undefined
    if (!running || running.exitCode !== null || running.signalCode !== null) return
    const exited = once(running, 'exit')
    running.kill('SIGINT')
    const hurry =
      budgetMs === undefined ? undefined : setTimeout(() => running.kill('SIGQUIT'), budgetMs)
    await exited
    clearTimeout(hurry)
  }

  async #initialise(binaries: PostgresBinaries): Promise<void> {
    rmSync(this.#cluster, { recursive: true, force: true })
    mkdirSync(this.#cluster, { mode: 0o700 })
    writeFileSync(this.#passwordFile, randomBytes(24).toString('hex'), { mode: 0o600 })
    if (this.#account) {
      chownSync(this.#cluster, this.#account.uid, this.#account.gid)
      chownSync(this.#passwordFile, this.#account.uid, this.#account.gid)
    }
    await this.#runToEnd(binaries.initdb, [
      `--pgdata=${this.#cluster}`,
      `--username=${USER}`,
      `--pwfile=${this.#passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--no-locale',
      '--no-instructions',
    ])
  }

  async #runToEnd(program: string, args: string[]): Promise<void> {
    const child = this.#spawn(program, args)
    const [code] = await once(child, 'exit')
    if (code !== 0) throw new Error(`${program} failed with ${code}: see ${this.#logFile}`)
  }

  async #launch(): Promise<void> {
    if (!this.#binaries) throw new Error('start() first')
    const settings = Object.entries(this.#settings).flatMap(([name, value]) => [
      '-c',
      `${name}=${value}`,
    ])
    const child = this.#spawn(this.#binaries.postgres, [
      '-D',
      this.#cluster,
      '-p',
      String(this.#port),
      ...settings,
    ])
    this.#process = child
    if (this.#diesWithParent) dieWithParent(child)
    child.once('exit', () => {
      if (this.#process !== child || this.#stopping) return
      this.#process = undefined
      this.#log('PostgreSQL died; starting it again')
      this.#revival = this.#revive()
    })
    await this.#untilReady(child)
  }

  /** The dead server's children may hold its shared memory for a moment: try until it comes up. */
  async #revive(): Promise<void> {
    while (!this.#stopping) {
      try {
        await this.#launch()
        this.#log('PostgreSQL is back')
        return
      } catch {
        await delay(RESTART_DELAY_MS)
      }
    }
  }

  async #untilReady(child: ChildProcess): Promise<void> {
    const deadline = Date.now() + READY_TIMEOUT_MS
    while (!(await acceptsPostgres(this.url))) {
      if (child.exitCode !== null || child.signalCode !== null) {
        throw new Error(`PostgreSQL did not start: see ${this.#logFile}`)
      }
      if (Date.now() > deadline)
        throw new Error(`PostgreSQL is not ready after ${READY_TIMEOUT_MS} ms`)
      await delay(50)
    }
  }

  /** In a process group of its own: Ctrl-C must not reach it before its users have stopped. */
  #spawn(program: string, args: string[]): ChildProcess {
    const log = openSync(this.#logFile, 'a', 0o600)
    try {
      return spawnAs(this.#account, program, args, [program, this.#cluster], {
        stdio: ['ignore', log, log],
        detached: true,
        env: { ...process.env, ...this.#binaries?.env, LC_ALL: 'C', TZ: 'UTC' },
      })
    } finally {
      closeSync(log)
    }
  }
}
