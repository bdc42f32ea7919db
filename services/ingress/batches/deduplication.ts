import type { IncomingHttpHeaders } from 'node:http'
import type { BatchKey } from '@longhaul/store'
import { bodyHashOf, readIdempotency } from '../acceptance/idempotency.ts'

/** As of jobs. */
const KEY_MS = 86_400_000
/** How long OpenAI's clients may go on to retry. */
const RETRY_MS = 15 * 60_000
/** Two equal requests within it are one that was sent twice. */
const REPEAT_MS = 5_000

/**
 * Under which name a request to make a batch is known. OpenAI's clients send no
 * `Idempotency-Key`, not even when they retry: the same body again, from a
 * client that says it retries, or within some seconds, is the same batch.
 */
export function batchKeyOf(
  request: { headers: IncomingHttpHeaders; path: string },
  body: Buffer,
  now: number,
): BatchKey {
  const given = readIdempotency(request.headers['idempotency-key'], request.path, body)
  if (given) return { key: `key:${given.key}`, bodyHash: given.bodyHash, since: now - KEY_MS }
  const bodyHash = bodyHashOf(request.path, body)
  const retries = Number(request.headers['x-stainless-retry-count'])
  const sinceMs = retries > 0 ? RETRY_MS : REPEAT_MS
  return { key: `body:${bodyHash}`, bodyHash, since: now - sinceMs }
}
