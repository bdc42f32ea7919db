import { once } from 'node:events'
import { outputLine } from '@longhaul/batches'
import { type Clock, isFinalBatch, LonghaulError, sleep, uuidOf } from '@longhaul/contracts'
import type { BatchRecord, EndedCursor, Store } from '@longhaul/store'
import type { Response } from 'express'

/** Of one statement: what is held for each reader. */
const SLICE = { lines: 500, bytes: 1024 * 1024 }
/** A reader who takes nothing for so long is gone, or as good as. */
const STALLED_MS = 60_000
/** Between two looks at a batch that is running. */
const LOOK_MS = 500

export interface ResultsDependencies {
  store: Store
  clock: Clock
}

/**
 * Finished lines of a batch in the order in which they finished, as JSON Lines;
 * each carries the cursor to go on behind it. A reader who does not read at all
 * is let go.
 * @param options.follow goes on until the batch has ended
 * @param options.stalledMs how long the reader may take nothing of what there is
 */
export async function streamResults(
  { store, clock }: ResultsDependencies,
  batch: BatchRecord,
  options: { after: EndedCursor; follow: boolean; signal: AbortSignal; stalledMs?: number },
  response: Response,
): Promise<void> {
  const { signal, stalledMs = STALLED_MS } = options
  response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' })
  response.flushHeaders()
  response.on('timeout', () => response.destroy())
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
      if (!response.write(text)) await drained(response, signal, stalledMs)
      after = last.cursor
      continue
    }
    if (isOver || !options.follow) break
    await sleep(clock, LOOK_MS, signal)
    current = await store.batches.get(batch.tenantId, batch.id)
  }
  response.end()
}

/** Resolves when the reader has taken what was sent, or is gone. */
async function drained(response: Response, signal: AbortSignal, stalledMs: number): Promise<void> {
  response.setTimeout(stalledMs)
  await once(response, 'drain', { signal }).catch(() => {})
  response.setTimeout(0)
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
