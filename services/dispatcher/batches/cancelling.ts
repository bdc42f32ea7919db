import { sleep } from '@longhaul/contracts'
import type { ClaimedBatch } from '@longhaul/store'
import type { BatchStep } from './step.ts'

/** Before lines are looked for again that somebody had locked. */
const LOCKED_MS = 50

/**
 * Cancels the lines of a batch in bounded rounds, those on their way to a
 * provider first, and tells whoever works on them. A batch that had not begun
 * loses its lines: none of them was to be seen yet.
 */
export async function cancelBatch(step: BatchStep, batch: ClaimedBatch): Promise<void> {
  const { store, coordination, telemetry, clock, signal } = step
  const { batchWork } = store
  for (;;) {
    signal.throwIfAborted()
    if (!batch.begun) {
      if ((await batchWork.dropLines(batch.id)) === 0) return
      continue
    }
    const { count, running } = await batchWork.cancelLines(batch)
    for (const jobId of running) coordination.broadcasts.send('job-cancelled', { jobId })
    if (count > 0) {
      telemetry.metrics.jobsFinished.add(count, { status: 'cancelled', model: 'none' })
      continue
    }
    if (!(await batchWork.hasUnfinishedLines(batch.id))) return
    await sleep(clock, LOCKED_MS, signal)
  }
}
