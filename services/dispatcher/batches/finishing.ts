import { discardFile, outputLine, type WrittenFile, writeFile } from '@longhaul/batches'
import { BATCH_OUTPUT } from '@longhaul/contracts'
import type { ClaimedBatch } from '@longhaul/store'
import type { BatchStep } from './step.ts'

/** Lines of one statement, and what it should hold of them; answers differ much in length. */
const MOST_LINES = 500
const FIRST_LINES = 50
const SLICE_BYTES = 2 * 1024 * 1024

/**
 * Writes the files of a batch whose lines have all ended, and ends it. Whoever
 * goes on after a crash writes them anew: files that are not shown belong to
 * nobody.
 */
export async function finishBatch(step: BatchStep, batch: ClaimedBatch): Promise<void> {
  const { store, owner, coordination, telemetry, clock } = step
  const output = batch.begun ? await write(step, batch, 'succeeded') : null
  const error = batch.begun ? await write(step, batch, 'others') : null
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

async function* linesOf(
  { store, signal }: BatchStep,
  batch: ClaimedBatch,
  which: 'succeeded' | 'others',
): AsyncGenerator<string> {
  let after = 0
  let limit = FIRST_LINES
  for (;;) {
    signal.throwIfAborted()
    const lines = await store.batchLines.ended(batch.id, which, after, limit)
    if (lines.length === 0) return
    const text = lines.map(line => outputLine(line, batch)).join('')
    yield text
    after = lines.at(-1)?.line ?? after
    const fitting = Math.floor((SLICE_BYTES * lines.length) / text.length)
    limit = Math.max(1, Math.min(MOST_LINES, 2 * limit, fitting))
  }
}
