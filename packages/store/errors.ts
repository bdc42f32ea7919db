/** PostgreSQL cannot be reached, is starting, or is stopping; what was asked may or may not have happened. */
export class StoreUnavailableError extends Error {
  readonly code = 'store_unavailable'
  constructor(cause: unknown) {
    super(`PostgreSQL is unavailable: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    })
    this.name = 'StoreUnavailableError'
  }
}

/** More statements wait than the bound allows; nothing was done. */
export class StoreBusyError extends Error {
  readonly code = 'store_busy'
  constructor(statement: string) {
    super(`too many ${statement} statements wait for PostgreSQL`)
    this.name = 'StoreBusyError'
  }
}

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
  'EHOSTUNREACH',
  '57P01',
  '57P02',
  '57P03', // shut down by the administrator, crashed, not yet up
  '53300', // too many connections
])

/** What `pg` says without a code when a connection dies or none can be had. */
const UNREACHABLE_TEXT =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|timeout expired|Query read timeout|Cannot use a pool after)/

/** By shape, not by `instanceof`: Node's own errors belong to another realm when a test runner isolates its tests. */
export function isUnreachable(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  const { message, errors } = error as { message?: unknown; errors?: unknown }
  const code = sqlState(error)
  if (UNREACHABLE.has(code) || code.startsWith('08')) return true
  if (Array.isArray(errors)) return errors.some(isUnreachable)
  return code === '' && UNREACHABLE_TEXT.test(String(message))
}

export function sqlState(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown }
  return code === undefined ? '' : String(code)
}

/** The data of a row is at fault (classes 22 and 23), so another row may do better. */
export function isRowFault(error: unknown): boolean {
  return /^2[23]/.test(sqlState(error))
}

/** Serialization failure or deadlock: the same statement may succeed now. */
export function isTransient(error: unknown): boolean {
  return ['40001', '40P01', '55P03'].includes(sqlState(error))
}

export const TRANSIENT_RETRIES = 5

/** Runs a statement again, a few times, while what stands in its way is transient. */
export async function retryTransient<T>(run: () => Promise<T>): Promise<T> {
  for (let retries = 0; ; retries += 1) {
    try {
      return await run()
    } catch (error) {
      if (!isTransient(error) || retries >= TRANSIENT_RETRIES) throw error
    }
  }
}
