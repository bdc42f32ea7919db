import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isAlive, postmasterPid } from '@longhaul/embedded-postgres'
import pg from 'pg'

/** What a data folder tells of the PostgreSQL in it, whoever started that. */
export class EmbeddedCluster {
  readonly #dataDir: string

  constructor(dataDir: string) {
    this.#dataDir = dataDir
  }

  /** Of the postmaster; undefined when none runs. */
  get pid(): number | undefined {
    const pid = postmasterPid(join(this.#dataDir, 'postgres'))
    return pid !== undefined && isAlive(pid) ? pid : undefined
  }

  /** @throws {Error} no PostgreSQL runs there */
  get url(): string {
    const file = join(this.#dataDir, 'postgres', 'postmaster.pid')
    const port = existsSync(file) && readFileSync(file, 'utf8').split('\n')[3]
    if (!port) throw new Error(`no PostgreSQL runs in ${this.#dataDir}`)
    const password = readFileSync(join(this.#dataDir, 'postgres.password'), 'utf8')
    return `postgres://longhaul:${password}@127.0.0.1:${port}/postgres`
  }

  /** One statement on a connection of its own, in Longhaul's schema. */
  async query<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    const client = await this.#connect()
    try {
      return (await client.query<Row>(text, values)).rows
    } finally {
      await client.end()
    }
  }

  /** Until the returned function is called, or the server ends, nobody writes to the table: what would has to wait. */
  async hold(table: string): Promise<() => Promise<void>> {
    const client = await this.#connect()
    await client.query(`BEGIN; LOCK TABLE ${pg.escapeIdentifier(table)} IN EXCLUSIVE MODE`)
    return () => client.end()
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: this.url,
      options: '-c search_path=longhaul',
      application_name: 'test',
    })
    client.on('error', () => {})
    await client.connect()
    return client
  }

  async accepts(): Promise<boolean> {
    return this.query('SELECT 1').then(
      () => true,
      () => false,
    )
  }

  /** Kills the postmaster; its children notice and follow. @returns its pid; undefined when none runs */
  kill(): number | undefined {
    return this.end('SIGKILL')
  }

  /** SIGINT: orderly, which breaks connections. @returns the pid of the postmaster; undefined when none runs */
  end(signal: NodeJS.Signals): number | undefined {
    const { pid } = this
    if (pid !== undefined) process.kill(pid, signal)
    return pid
  }
}
