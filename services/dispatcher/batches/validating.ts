import {
  BatchEstimate,
  type BatchLine,
  MAX_LINE_BYTES,
  readBatchLine,
  readLines,
  type Validated,
  validateBatch,
} from '@longhaul/batches'
import { BlobMissingError } from '@longhaul/blobs'
import { newId } from '@longhaul/contracts'
import type { Router } from '@longhaul/routing'
import type { ClaimedBatch, NewLine } from '@longhaul/store'
import type { BatchStep } from './step.ts'

/** Lines and bytes of one statement, at most; one line alone may have more. */
const SLICE_LINES = 500
const SLICE_BYTES = 2 * 1024 * 1024

/**
 * Reads the file of a batch for faults, then makes its lines jobs, slice by
 * slice, then lets them run. Whoever goes on after a crash begins with the
 * first slice that is not recorded.
 */
export async function beginBatch(
  step: BatchStep,
  batch: ClaimedBatch,
  router: Router,
): Promise<void> {
  const { store, owner, coordination } = step
  if (batch.total === null && !(await validate(step, batch, router))) return
  if (!(await recordLines(step, batch))) return
  if (!(await store.batchWork.begin(batch.id, owner))) return
  coordination.broadcasts.send('batch-changed', { batchId: batch.id })
}

/** @returns whether it goes on */
async function validate(step: BatchStep, batch: ClaimedBatch, router: Router): Promise<boolean> {
  const { store, owner, coordination, telemetry } = step
  const { found, costUsd } = await readWhole(step, batch, router)
  if (found.faults.length === 0) {
    const estimated = { total: found.total, estimatedCostUsd: costUsd }
    return store.batchWork.validated(batch.id, owner, estimated)
  }
  const told = await store.batchWork.fail(batch.id, owner, found.faults)
  telemetry.metrics.batchesEnded.add(1, { status: 'failed' })
  if (told) coordination.broadcasts.send('event-pending', { count: 1 })
  return false
}

async function readWhole(
  step: BatchStep,
  batch: ClaimedBatch,
  router: Router,
): Promise<{ found: Validated; costUsd: number }> {
  const { store, blobs, reader, config, live, clock, signal } = step
  const now = clock.now()
  const { tenantId, endpoint, expiresAt } = batch
  const recentAnswers = await store.batches.recentAnswers(tenantId, endpoint)
  const estimate = new BatchEstimate({
    config,
    router,
    live,
    tenantId,
    recentAnswers,
    now,
    expiresAt,
  })
  try {
    const found = await validateBatch(
      blobs.read(batch.inputFileId),
      { reader, endpoint, now, signal },
      line => estimate.add(line),
    )
    return { found, costUsd: estimate.costUsd }
  } catch (error) {
    if (!(error instanceof BlobMissingError)) throw error
    const message = 'The input file is gone: upload it again, and make a new batch.'
    const fault = { code: 'file_not_found', message, param: 'input_file_id', line: null }
    return { found: { total: 0, faults: [fault] }, costUsd: 0 }
  }
}

/**
 * While one slice is recorded, the next one is read.
 * @returns false: somebody else has the batch, or it was cancelled
 */
async function recordLines(step: BatchStep, batch: ClaimedBatch): Promise<boolean> {
  const { store, owner, signal } = step
  let after = batch.recordedLines
  let recording = Promise.resolve(true)
  for await (const { lines, end } of slicesOf(step, batch)) {
    if (signal.aborted || !(await recording)) return false
    recording = store.batchWork.recordLines(batch, owner, after, lines, end)
    // It is awaited later; what reading throws meanwhile must not leave it unhandled.
    recording.catch(() => {})
    after = lines.at(-1)?.line ?? after
  }
  return recording
}

interface Slice {
  lines: Array<NewLine & { jobId: string }>
  /** Byte behind its last line. */
  end: number
}

/** What is not recorded yet of its file. */
async function* slicesOf(step: BatchStep, batch: ClaimedBatch): AsyncGenerator<Slice> {
  const { blobs, reader, clock } = step
  const options = { reader, endpoint: batch.endpoint, now: clock.now() }
  const from = { line: batch.recordedLines, bytes: batch.recordedBytes }
  const source = blobs.read(batch.inputFileId, { start: from.bytes, end: Number.POSITIVE_INFINITY })
  let lines: Slice['lines'] = []
  let bytes = 0
  let end = from.bytes
  for await (const input of readLines(source, MAX_LINE_BYTES, from)) {
    const line = readBatchLine(input, options)
    lines.push(newLine(line))
    bytes += line.submission.bodyBytes
    end = line.end
    if (lines.length < SLICE_LINES && bytes < SLICE_BYTES) continue
    yield { lines, end }
    lines = []
    bytes = 0
  }
  if (lines.length > 0) yield { lines, end }
}

function newLine({ line, customId, submission }: BatchLine): NewLine & { jobId: string } {
  return {
    jobId: newId('job'),
    line,
    customId,
    requestedModel: submission.requestedModel,
    policy: submission.policy,
    options: submission.options,
    body: submission.bodyText,
    bodyBytes: submission.bodyBytes,
  }
}
