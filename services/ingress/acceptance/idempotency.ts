import { createHash } from 'node:crypto'
import { LonghaulError } from '@longhaul/contracts'

const KEY = /^[\x20-\x7e]{1,255}$/

/** An `Idempotency-Key` with what it stands for. */
export interface Idempotency {
  key: string
  /** `bodyHashOf` the request. */
  bodyHash: string
}

/**
 * @param header undefined when the caller sent none
 * @throws {LonghaulError} invalid_value
 */
export function readIdempotency(
  header: string | string[] | undefined,
  path: string,
  body: Buffer,
): Idempotency | null {
  if (header === undefined) return null
  if (typeof header !== 'string' || !KEY.test(header)) {
    throw new LonghaulError(
      'invalid_value',
      '`Idempotency-Key` must be 1 to 255 printable ASCII characters.',
      { param: 'Idempotency-Key' },
    )
  }
  return { key: header, bodyHash: bodyHashOf(path, body) }
}

/** Of the path and the body's bytes. */
export function bodyHashOf(path: string, body: Buffer): string {
  return createHash('sha256').update(`${path}\n`).update(body).digest('base64url')
}

/** The key of one job of a bulk request; each stands for the whole body. No header holds a tab, so no other key is it. */
export function keyOfBulkJob({ key }: Idempotency, index: number): string {
  return `${key}\t${index}`
}

export function keyReused(): LonghaulError {
  return new LonghaulError(
    'idempotency_key_reused',
    'This `Idempotency-Key` came before with another body: use a new key for a new request.',
    { param: 'Idempotency-Key' },
  )
}
