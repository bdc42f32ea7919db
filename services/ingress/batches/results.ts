import { once } from 'node:events'
import { outputLine } from '@longhaul/batches'
import { type Clock, isFinalBatch, LonghaulError, sleep, uuidOf } from '@longhaul/contracts'
import type { BatchRecord, EndedCursor, Store } from '@longhaul/store'
import type { Response } from 'express'

/** Of one statement: what is held for each reader. */
const SLICE = { lines: 500, bytes: 1024 * 1024 }
/** Between two looks at a batch that is running. */
const LOOK_MS = 500

export interface ResultsDependencies {
  store: Store
  clock: Clock
}

/**
 * Finished lines of a batch in the order in which they finished, as JSON Lines;
 * each carries the cursor to go on behind it.
 * @param follow goes on until the batch has ended
 */
export async function streamResults(
  { store, clock }: ResultsDependencies,
  batch: BatchRecord,
  options: { after: EndedCursor; follow: boolean; signal: AbortSignal },
  response: Response,
): Promise<void> {
  const { signal } = options
  response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' })
  response.flushHeaders()
  let { after } = options
  let current: BatchRecord | undefined = batch
  while (current && !signal.aborted) {
    const isOver = isFinalBatch(current.status) || current.status === 'finalizing'
    const lines = await store.batchLines.endedSince(batch.id, after, SLICE, isOver)
    const last = lines.at(-1)
    if (last) {
      const text = lines
        .map(line => withCursor(outputLine(line, current ?? batch), line.cursor))
        .join('')
      if (!response.write(text)) await once(response, 'drain', { signal }).catch(() => {})
      after = last.cursor
      continue
    }
    if (isOver || !options.follow) break
    await sleep(clock, LOOK_MS, signal)
    current = await store.batches.get(batch.tenantId, batch.id)
  }
  response.end()
}

/** @throws {LonghaulError} invalid_cursor */
export function cursorOf(text: string | undefined): EndedCursor {
  if (text === undefined) return { xid: '0', jobId: '' }
  const [, xid, digits] = /^(\d{1,19})-([0-9a-f]{32})$/.exec(text) ?? []
  const jobId = `job_${digits}`
  if (xid === undefined || uuidOf('job', jobId) === undefined) {
    throw new LonghaulError('invalid_cursor', '`after` must be the `cursor` of a line.', {
      param: 'after',
    })
  }
  return { xid, jobId }
}

function withCursor(line: string, { xid, jobId }: EndedCursor): string {
  return `${line.slice(0, -2)},"cursor":"${xid}-${jobId.slice('job_'.length)}"}\n`
}
