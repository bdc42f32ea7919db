import { discardFile, nextLimit, outputLine, type WrittenFile, writeFile } from '@longhaul/batches'
import { BATCH_OUTPUT } from '@longhaul/contracts'
import type { ClaimedBatch, EndedLine } from '@longhaul/store'
import type { BatchStep } from './step.ts'

/** Lines of the first statement, and what each should hold of them; answers differ much in length. */
const FIRST_LINES = 50
const SLICE_BYTES = 2 * 1024 * 1024

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
  const read = (after: number, most: number) => {
    const lines = store.batchLines.ended(batch.id, which, after, most)
    lines.catch(() => {}) // awaited below, unless the writer goes away
    return lines
  }
  let limit = FIRST_LINES
  let next = read(0, limit)
  for (;;) {
    signal.throwIfAborted()
    const lines = await next
    const last = lines.at(-1)
    if (!last) return
    const isLast = lines.length < limit
    limit = nextLimit({ lines: lines.length, characters: lengthOf(lines) }, limit, SLICE_BYTES)
    if (!isLast) next = read(last.line, limit)
    yield lines.map(line => outputLine(line, batch)).join('')
    if (isLast) return
  }
}

function lengthOf(lines: readonly EndedLine[]): number {
  return lines.reduce((sum, { body }) => sum + (body?.length ?? 0), 0)
}
