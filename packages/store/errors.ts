import { tlsFaultOf } from '@longhaul/contracts'

/**
 * PostgreSQL cannot be reached, is starting or stopping, or does not let us in;
 * what was asked may or may not have happened.
 */
export class StoreUnavailableError extends Error {
  readonly code = 'store_unavailable'
  /** It was never reached; otherwise a connection broke, or fell silent, while it was asked. */
  readonly nothingHappened: boolean
  constructor(cause: unknown) {
    super(`PostgreSQL is unavailable: ${reasonOf(cause)}`, { cause })
    this.name = 'StoreUnavailableError'
    this.nothingHappened = wasNeverReached(cause)
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

/** The user, the password or the database is not known to it, or not from here. */
const REFUSED = new Set(['28000', '28P01', '3D000'])

/** No server listens there, or there is no such host: away, or elsewhere. */
const NO_SUCH_PLACE = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH'])

/** What `pg` says without a code when the server has TLS switched off. */
const NO_TLS_TEXT = /^The server does not support SSL connections/

/** No connection was made. */
const NEVER_REACHED = new Set([
  ...NO_SUCH_PLACE,
  ...REFUSED,
  'ENOENT',
  '57P03', // not yet up
  '53300', // too many connections
])
/** What `pg` says of it without a code. */
const NEVER_REACHED_TEXT =
  /^(timeout exceeded when trying to connect|timeout expired|Cannot use a pool after)/

/** A connection ended, or fell silent. */
const BROKEN_OFF = new Set([
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  '57P01', // shut down by the administrator
  '57P02', // crashed
])
const BROKEN_OFF_TEXT =
  /^(Connection terminated|Client has encountered a connection error|Query read timeout)/

function wasNeverReached(error: unknown): boolean {
  const { message, errors } = (error ?? {}) as { message?: unknown; errors?: unknown }
  const code = sqlState(error)
  if (NEVER_REACHED.has(code)) return true
  if (Array.isArray(errors)) return errors.length > 0 && errors.every(wasNeverReached)
  if (tlsFaultOf(error) !== undefined) return true
  return (
    code === '' && (NEVER_REACHED_TEXT.test(String(message)) || NO_TLS_TEXT.test(String(message)))
  )
}

/** By shape, not by `instanceof`: Node's own errors belong to another realm when a test runner isolates its tests. */
export function isUnreachable(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  if (wasNeverReached(error)) return true
  const { message, errors } = error as { message?: unknown; errors?: unknown }
  const code = sqlState(error)
  if (BROKEN_OFF.has(code) || code.startsWith('08')) return true
  if (Array.isArray(errors)) return errors.some(isUnreachable)
  return code === '' && BROKEN_OFF_TEXT.test(String(message))
}

/** With the setting that mends it, where one does. */
function reasonOf(cause: unknown): string {
  const { message = String(cause), errors } = (cause ?? {}) as {
    message?: string
    errors?: readonly unknown[]
  }
  // A host with several addresses, none of which answered.
  if (message === '' && errors?.length) return reasonOf(errors[0])
  if (REFUSED.has(sqlState(cause))) return `${message} — correct DATABASE_URL`
  if (NO_SUCH_PLACE.has(sqlState(cause))) return `${message} — is DATABASE_URL right?`
  if (NO_TLS_TEXT.test(message)) return `${message} — set sslmode=disable in DATABASE_URL`
  switch (tlsFaultOf(cause)) {
    case 'untrusted':
      return `its certificate is of no authority that is trusted here (${sqlState(cause)}) — add sslmode=verify-full and sslrootcert=PATH to DATABASE_URL`
    case 'out-of-date':
      return `its certificate is out of date (${sqlState(cause)}) — renew it`
    case 'other-name':
      return 'its certificate is for another name — let DATABASE_URL use a name that is in it'
    case 'client-refused':
      return `it wants a certificate of this client that it trusts (${sqlState(cause)}) — add sslcert=PATH and sslkey=PATH to DATABASE_URL`
    case 'no-tls':
    case undefined:
      return message
  }
}

function sqlState(error: unknown): string {
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
