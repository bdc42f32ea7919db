import { BatchEstimate, SampledCost, type Validated, validateBatch } from '@longhaul/batches'
import { BlobMissingError } from '@longhaul/blobs'
import { sleep, systemClock, timeOfUuid, uuidOf } from '@longhaul/contracts'
import type { Router } from '@longhaul/routing'
import type { ClaimedBatch } from '@longhaul/store'
import { LineRecorder, LostBatchError } from './line-recorder.ts'
import type { BatchStep } from './step.ts'

/**
 * Reads the file of a batch for faults, while its lines become jobs that nobody
 * releases yet, then lets them run; a file with faults loses its jobs again.
 * Whoever goes on after a crash reads anew, and records what was not.
 */
export async function beginBatch(
  step: BatchStep,
  batch: ClaimedBatch,
  router: Router,
): Promise<void> {
  const { store, owner, coordination } = step
  if (batch.total === null && !(await validate(step, batch, router))) return
  if (!(await store.batchWork.begin(batch.id, owner))) return
  coordination.broadcasts.send('batch-changed', { batchId: batch.id })
}

/** @returns whether it goes on */
async function validate(step: BatchStep, batch: ClaimedBatch, router: Router): Promise<boolean> {
  const { store, owner } = step
  const cost = await costOf(step, batch, router)
  const recorder = new LineRecorder(step, batch)
  await untilAfter(batch, step.signal)
  try {
    const found = await readWhole(step, batch, (line, isFaultless) => {
      cost.add(line)
      return isFaultless ? recorder.add(line) : undefined
    })
    await recorder.end()
    if (found.faults.length > 0) {
      await fail(step, batch, found)
      return false
    }
    const estimated = { total: found.total, estimatedCostUsd: cost.costUsd }
    return await store.batchWork.validated(batch.id, owner, estimated)
  } catch (error) {
    if (error instanceof LostBatchError) return false
    throw error
  }
}

/**
 * Jobs of a batch are looked for above its id. It was made by another process,
 * whose clock may be ahead of the one that ids of jobs are made by here.
 */
async function untilAfter({ id }: ClaimedBatch, signal: AbortSignal): Promise<void> {
  const madeAt = timeOfUuid(uuidOf('batch', id) ?? '')
  for (;;) {
    signal.throwIfAborted()
    const aheadMs = madeAt - systemClock.now() // ids are made by this clock
    if (aheadMs < 0) return
    await sleep(systemClock, aheadMs + 1, signal)
  }
}

/** Ends it when nothing of it is left. */
async function fail(step: BatchStep, batch: ClaimedBatch, { faults }: Validated): Promise<void> {
  const { store, owner, coordination, telemetry, signal } = step
  while ((await store.batchWork.dropLines(batch.id)) > 0) signal.throwIfAborted()
  const told = await store.batchWork.fail(batch.id, owner, faults)
  telemetry.metrics.batchesEnded.add(1, { status: 'failed' })
  if (told) coordination.broadcasts.send('event-pending', { count: 1 })
}

async function costOf(
  { store, config, live, clock }: BatchStep,
  { tenantId, endpoint, expiresAt }: ClaimedBatch,
  router: Router,
): Promise<SampledCost> {
  const recentAnswers = await store.batches.recentAnswers(tenantId, endpoint)
  const now = clock.now()
  const options = { config, router, live, tenantId, recentAnswers, now, expiresAt }
  return new SampledCost(new BatchEstimate(options))
}

async function readWhole(
  { blobs, reader, clock, signal }: BatchStep,
  { inputFileId, endpoint }: ClaimedBatch,
  each: Parameters<typeof validateBatch>[2],
): Promise<Validated> {
  const options = { reader, endpoint, now: clock.now(), signal }
  try {
    return await validateBatch(blobs.read(inputFileId), options, each)
  } catch (error) {
    if (!(error instanceof BlobMissingError)) throw error
    const message = 'The input file is gone: upload it again, and make a new batch.'
    const fault = { code: 'file_not_found', message, param: 'input_file_id', line: null }
    return { total: 0, faults: [fault] }
  }
}
