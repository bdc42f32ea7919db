import { Pool } from 'undici'

/** Bytes of one answer; more are refused while they arrive. */
const LARGEST_ANSWER_BYTES = 64 * 1024 * 1024
const CONNECT_TIMEOUT_MS = 10_000

/**
 * One pool per origin, as wide as the deployments there may call at a time.
 * Pipelining stays at 1: behind an answer of minutes nothing may queue. The
 * pools' own time-outs are off, since every call has one for its whole answer.
 */
export class Connections {
  readonly #origins = new Map<string, Origin>()
  readonly #retired = new Set<Pool>()
  #stopped = false

  /** The origin, with room for this deployment's calls beside those of the others. */
  reserve(origin: string, deployment: string, maxConcurrency: number): Origin {
    let known = this.#origins.get(origin)
    if (!known) {
      known = { pool: openPool(origin, maxConcurrency), width: maxConcurrency, shares: new Map() }
      this.#origins.set(origin, known)
    }
    known.shares.set(deployment, maxConcurrency)
    const wanted = [...known.shares.values()].reduce((sum, share) => sum + share, 0)
    if (wanted > known.width && !this.#stopped) this.#widen(origin, known, wanted)
    return known
  }

  /** The deployment calls elsewhere now. */
  release(origin: string, deployment: string): void {
    this.#origins.get(origin)?.shares.delete(deployment)
  }

  /** Calls in flight fail with `UND_ERR_DESTROYED`. Safe to call twice. */
  async stop(): Promise<void> {
    this.#stopped = true
    const pools = [...[...this.#origins.values()].map(({ pool }) => pool), ...this.#retired]
    await Promise.all(pools.map(pool => pool.destroy()))
  }

  /** A pool cannot grow: a wider one takes over, the old one closes behind its last answer. */
  #widen(origin: string, known: Origin, width: number): void {
    const retired = known.pool
    known.pool = openPool(origin, width)
    known.width = width
    this.#retired.add(retired)
    const closed = () => this.#retired.delete(retired)
    void retired.close().then(closed, closed)
  }
}

export interface Origin {
  /** The current pool; it may be another one for the next call. */
  pool: Pool
  width: number
  readonly shares: Map<string, number>
}

function openPool(origin: string, connections: number): Pool {
  return new Pool(origin, {
    connections,
    pipelining: 1,
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: 0,
    bodyTimeout: 0,
    maxResponseSize: LARGEST_ANSWER_BYTES,
    allowH2: false,
  })
}
