import type { BatchLine } from '@longhaul/batches'
import { newId } from '@longhaul/contracts'
import type { ClaimedBatch, NewLine } from '@longhaul/store'
import type { BatchStep } from './step.ts'

/** Lines and bytes of one statement, at most; one line alone may have more. */
const SLICE_LINES = 500
const SLICE_BYTES = 2 * 1024 * 1024

/** Somebody else has the batch, or it was cancelled. */
export class LostBatchError extends Error {
  readonly code = 'batch_lost'
}

/** Makes lines jobs, slice by slice: while one is recorded, the next is gathered. */
export class LineRecorder {
  readonly #step: BatchStep
  readonly #batch: ClaimedBatch
  /** The line that was recorded last, or is being recorded. */
  #last: number
  #slice: Array<NewLine & { jobId: string }> = []
  #bytes = 0
  #recording = Promise.resolve(true)

  constructor(step: BatchStep, batch: ClaimedBatch) {
    this.#step = step
    this.#batch = batch
    this.#last = batch.recordedLines
  }

  /**
   * Takes the next line; one that was recorded before a crash is left out.
   * @returns to be waited for before the line after it; undefined: it may come at once
   * @throws {LostBatchError}
   */
  add(line: BatchLine): Promise<void> | undefined {
    if (line.line <= this.#batch.recordedLines) return undefined
    this.#slice.push(newLine(line))
    this.#bytes += line.submission.bodyBytes
    const isFull = this.#slice.length >= SLICE_LINES || this.#bytes >= SLICE_BYTES
    return isFull ? this.#record() : undefined
  }

  /**
   * Resolves when every line that was added is recorded.
   * @throws {LostBatchError}
   */
  async end(): Promise<void> {
    if (this.#slice.length > 0) await this.#record()
    await this.#untilRecorded()
  }

  async #record(): Promise<void> {
    const slice = this.#slice
    this.#slice = []
    this.#bytes = 0
    await this.#untilRecorded()
    const { store, owner } = this.#step
    this.#recording = store.batchWork.recordLines(this.#batch, owner, this.#last, slice)
    this.#recording.catch(() => {}) // awaited with the next slice, or at the end
    this.#last = slice.at(-1)?.line ?? this.#last
  }

  async #untilRecorded(): Promise<void> {
    if (!(await this.#recording)) throw new LostBatchError('the batch is not ours any more')
  }
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
