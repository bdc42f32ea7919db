import { discardFile, outputLine, type WrittenFile, writeFile } from '@longhaul/batches'
import { BATCH_OUTPUT } from '@longhaul/contracts'
import type { ClaimedBatch } from '@longhaul/store'
import type { BatchStep } from './step.ts'

/** Of one statement: what two of are held while a file is written. */
const SLICE = { lines: 500, bytes: 2 * 1024 * 1024 }

/**
 * Writes the files of a batch whose lines have all ended, and ends it. Whoever
 * goes on after a crash writes them anew: files that are not shown belong to
 * nobody.
 */
export async function finishBatch(step: BatchStep, batch: ClaimedBatch): Promise<void> {
  const { store, owner, coordination, telemetry, clock } = step
  const { succeeded, others } = await store.batchWork.ended(batch.id)
  const output = batch.begun && succeeded > 0 ? await write(step, batch, 'succeeded') : null
  const error = batch.begun && others > 0 ? await write(step, batch, 'others') : null
  const seconds = batch.outputExpiresSeconds
  const expireAt = seconds === null ? null : clock.now() + seconds * 1_000
  const finished = await store.batchWork.finish(batch.id, owner, { output, error }, expireAt)
  if (!finished) {
    for (const file of [output, error]) if (file) await discardFile(step, file.id)
    return
  }
  telemetry.metrics.batchesEnded.add(1, { status: finished.status })
  if (finished.eventWritten) coordination.broadcasts.send('event-pending', { count: 1 })
  coordination.broadcasts.send('batch-changed', { batchId: batch.id })
}

function write(
  step: BatchStep,
  batch: ClaimedBatch,
  which: 'succeeded' | 'others',
): Promise<WrittenFile | null> {
  const kind = which === 'succeeded' ? 'output' : 'error'
  const about = {
    tenantId: batch.tenantId,
    filename: `${batch.id}_${kind}.jsonl`,
    purpose: BATCH_OUTPUT,
  }
  return writeFile(step, about, linesOf(step, batch, which))
}

/** While one slice is written, the next one is read. */
async function* linesOf(
  { store, signal }: BatchStep,
  batch: ClaimedBatch,
  which: 'succeeded' | 'others',
): AsyncGenerator<string> {
  const read = (after: number) => {
    const lines = store.batchLines.ended(batch.id, which, after, SLICE)
    lines.catch(() => {}) // awaited below, unless the writer goes away
    return lines
  }
  let next = read(0)
  for (;;) {
    signal.throwIfAborted()
    const lines = await next
    const last = lines.at(-1)
    if (!last) return
    next = read(last.line)
    yield lines.map(line => outputLine(line, batch)).join('')
  }
}
