import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type OpenServer, type ServerKind, sourcesOf } from './sources.ts'

/** The servers of a test run: each is started when it is first asked for, and shared. */
export class ServerHost {
  readonly #folder = mkdtempSync(join(tmpdir(), 'longhaul-test-'))
  readonly #servers = new Map<ServerKind, Promise<OpenServer>>()
  readonly #leftOut: string[] = []
  readonly #sourcesOf: typeof sourcesOf

  constructor(sources = sourcesOf) {
    this.#sourcesOf = sources
  }

  /** Test files that asked for a server which cannot be had, a line each. */
  get leftOut(): readonly string[] {
    return this.#leftOut
  }

  /**
   * @param testFile who asks, for the report
   * @throws {Error} the server cannot be had; the message tells what was tried
   */
  async address(kind: ServerKind, testFile: string): Promise<string> {
    const known = this.#servers.get(kind) ?? this.#open(kind)
    this.#servers.set(kind, known)
    try {
      return (await known).address
    } catch (error) {
      this.#leftOut.push(`${testFile} needs ${kind}: ${reasonOf(error)}`)
      throw error
    }
  }

  async stop(): Promise<void> {
    const opened = await Promise.allSettled(this.#servers.values())
    const servers = opened.flatMap(each => (each.status === 'fulfilled' ? [each.value] : []))
    await Promise.allSettled(servers.map(server => server.stop()))
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #open(kind: ServerKind): Promise<OpenServer> {
    const reasons: string[] = []
    for (const open of this.#sourcesOf(kind, this.#folder)) {
      try {
        const server = await open()
        if (server) return server
      } catch (error) {
        reasons.push(reasonOf(error))
      }
    }
    throw new Error(reasons.join('; '))
  }
}

/** With the causes: the last one tells what was really wrong. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause ? `${error.message}: ${reasonOf(error.cause)}` : error.message
}
