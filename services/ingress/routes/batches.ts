import { requestLine, type WrittenFile, writeFile } from '@longhaul/batches'
import type { Blobs } from '@longhaul/blobs'
import {
  type Clock,
  type Config,
  type CreateBatch,
  createBatchSchema,
  durationMs,
  isFinalBatch,
  LonghaulError,
  MAX_BATCH_BYTES,
  newId,
  uuidOf,
} from '@longhaul/contracts'
import type { Coordination } from '@longhaul/coordination'
import {
  asSent,
  check,
  describeValue,
  parseJson,
  receiverUrl,
  type SubmissionReader,
} from '@longhaul/intake'
import type { LiveView } from '@longhaul/routing'
import type { ReceiverPolicy } from '@longhaul/runtime'
import type { BatchKey, BatchRecord, NewBatch, Store, Tenant } from '@longhaul/store'
import type { Telemetry } from '@longhaul/telemetry'
import type { Request, Response } from 'express'
import { keyReused } from '../acceptance/idempotency.ts'
import { sendJson } from '../answer.ts'
import { batchView } from '../batches/batch-view.ts'
import { batchKeyOf } from '../batches/deduplication.ts'
import { dryRun } from '../batches/dry-run.ts'
import { cursorOf, streamResults } from '../batches/results.ts'
import type { BodyIntake } from '../body-intake.ts'
import { closedSignal } from '../job-waiting.ts'
import { pageJson } from '../page.ts'
import { DEFAULT_LIMIT, listBatchesQuery, noQuery, readQuery, resultsQuery } from '../query.ts'
import { shownId } from '../shown-id.ts'
import { Slots } from '../slots.ts'
import { fileNotFound } from './files.ts'

export interface BatchRouteDependencies {
  store: Store
  blobs: Blobs
  coordination: Coordination
  telemetry: Telemetry
  clock: Clock
  config: Config
  live: LiveView
  intake: BodyIntake
  reader: SubmissionReader
  receiverPolicy: ReceiverPolicy
  /** Aborted when the process stops. */
  stopping: AbortSignal
}

/** Each reads a whole file, and holds an estimate of every line. */
const MOST_DRY_RUNS = 2
/** Each asks the store twice a second. */
const MOST_FOLLOWERS = 200
const RETRY_SLICE = { lines: 500, bytes: 1024 * 1024 }
const REPLAYED = { 'idempotency-replayed': 'true' }

/** `/v1/batches`, as OpenAI's, and what Longhaul adds. */
export class BatchRoutes {
  readonly #dependencies: BatchRouteDependencies
  readonly #dryRuns = new Slots(MOST_DRY_RUNS, 'Other files are being read. Try again in a second.')
  readonly #followers = new Slots(
    MOST_FOLLOWERS,
    'Too many batches are being followed. Try again in a second.',
  )

  constructor(dependencies: BatchRouteDependencies) {
    this.#dependencies = dependencies
  }

  async createBatch(request: Request, response: Response, tenant: Tenant): Promise<void> {
    readQuery(noQuery, request.url)
    const { intake, clock, store } = this.#dependencies
    const bytes = await intake.readJson(request, response)
    const now = clock.now()
    const wanted = check(createBatchSchema, parseJson(bytes))
    if (wanted.longhaul?.dry_run) return this.#dryRun(wanted, response, tenant)
    const key = batchKeyOf(request, bytes, now)
    const before = await store.batches.ofKey(tenant.id, key)
    if (before !== undefined) return this.#answer(before, tenant, response, REPLAYED)
    await this.#assertInput(wanted.input_file_id, tenant)
    await this.#make(this.#newBatch(wanted, tenant, now), key, response)
  }

  async listBatches(request: Request, response: Response, tenant: Tenant): Promise<void> {
    const { after, limit = DEFAULT_LIMIT } = readQuery(listBatchesQuery, request.url)
    if (after !== undefined && uuidOf('batch', after) === undefined) {
      throw new LonghaulError('invalid_cursor', '`after` must be the id of a batch.', {
        param: 'after',
      })
    }
    const { batches, hasMore } = await this.#dependencies.store.batches.list({
      tenantId: tenant.id,
      limit,
      ...(after && { after }),
    })
    const now = this.#dependencies.clock.now()
    const page = pageJson(
      batches.map(batch => batchView(batch, now)),
      hasMore,
    )
    sendJson(response, 200, page)
  }

  async getBatch(request: Request, response: Response, tenant: Tenant): Promise<void> {
    readQuery(noQuery, request.url)
    await this.#answer(batchIdOf(request.params.id), tenant, response)
  }

  async cancelBatch(request: Request, response: Response, tenant: Tenant): Promise<void> {
    readQuery(noQuery, request.url)
    const id = batchIdOf(request.params.id)
    const { store } = this.#dependencies
    if (await store.batches.cancel(tenant.id, id)) this.#announce(id)
    await this.#answer(id, tenant, response)
  }

  pauseBatch(request: Request, response: Response, tenant: Tenant): Promise<void> {
    return this.#setPaused(true, request, response, tenant)
  }

  resumeBatch(request: Request, response: Response, tenant: Tenant): Promise<void> {
    return this.#setPaused(false, request, response, tenant)
  }

  async retryBatch(request: Request, response: Response, tenant: Tenant): Promise<void> {
    readQuery(noQuery, request.url)
    const { clock, store } = this.#dependencies
    const batch = await this.#batch(batchIdOf(request.params.id), tenant)
    if (!isFinalBatch(batch.status)) {
      throw new LonghaulError(
        'batch_unfinished',
        `The batch is ${batch.status}: wait for its end, or cancel it.`,
      )
    }
    const now = clock.now()
    const key = batchKeyOf(request, Buffer.alloc(0), now)
    const before = await store.batches.ofKey(tenant.id, key)
    if (before !== undefined) return this.#answer(before, tenant, response, REPLAYED)
    const input = await this.#failedLines(batch)
    const windowMs = durationMs(batch.completionWindow) ?? 0
    await this.#make(
      {
        ...batch,
        id: newId('batch'),
        inputFileId: input.id,
        createdAt: now,
        expiresAt: now + windowMs,
        paused: false,
        retryOf: batch.id,
      },
      key,
      response,
    )
  }

  async streamBatchResults(request: Request, response: Response, tenant: Tenant): Promise<void> {
    const { after, follow } = readQuery(resultsQuery, request.url)
    const cursor = cursorOf(after)
    const batch = await this.#batch(batchIdOf(request.params.id), tenant)
    const signal = AbortSignal.any([closedSignal(response), this.#dependencies.stopping])
    const options = { after: cursor, follow, signal }
    const send = () => streamResults(this.#dependencies, batch, options, response)
    await (follow ? this.#followers.during(tenant.id, send) : send())
  }

  async #dryRun(wanted: CreateBatch, response: Response, tenant: Tenant): Promise<void> {
    await this.#assertInput(wanted.input_file_id, tenant)
    await this.#dryRuns.during(tenant.id, async () => {
      const windowMs = durationMs(wanted.completion_window) ?? 0
      const expiresAt = this.#dependencies.clock.now() + windowMs
      const about = { tenantId: tenant.id, expiresAt, signal: closedSignal(response) }
      try {
        const answer = await dryRun(this.#dependencies, wanted, about)
        sendJson(response, 200, JSON.stringify(answer))
      } catch (error) {
        if (!response.destroyed) throw error
      }
    })
  }

  async #assertInput(id: string, tenant: Tenant): Promise<void> {
    const param = 'input_file_id'
    if (uuidOf('file', id) === undefined) {
      throw new LonghaulError(
        'invalid_value',
        `\`${param}\` must be the id of a file, "file-…"; got ${describeValue(id)}.`,
        { param },
      )
    }
    const file = await this.#dependencies.store.files.get(tenant.id, id)
    if (!file) throw fileNotFound(id)
    if (file.purpose !== 'batch' || file.bytes > MAX_BATCH_BYTES) {
      throw new LonghaulError(
        'invalid_purpose',
        `\`${param}\` must name a file of purpose "batch"; it is "${file.purpose}".`,
        { param },
      )
    }
  }

  #newBatch(wanted: CreateBatch, tenant: Tenant, now: number): NewBatch {
    const { longhaul = {} } = wanted
    return {
      id: newId('batch'),
      tenantId: tenant.id,
      endpoint: wanted.endpoint,
      inputFileId: wanted.input_file_id,
      completionWindow: wanted.completion_window,
      createdAt: now,
      expiresAt: now + (durationMs(wanted.completion_window) ?? 0),
      metadata: wanted.metadata ?? null,
      outputExpiresSeconds: wanted.output_expires_after?.seconds ?? null,
      priority: longhaul.priority ?? 0,
      paused: longhaul.paused ?? false,
      retryOf: null,
      webhook: longhaul.webhook
        ? {
            url: receiverUrl(
              this.#dependencies.receiverPolicy,
              longhaul.webhook.url,
              'longhaul.webhook.url',
            ),
            events: longhaul.webhook.events ?? null,
          }
        : null,
    }
  }

  async #make(batch: NewBatch, key: BatchKey, response: Response): Promise<void> {
    const outcome = await this.#dependencies.store.batches.create(batch, key)
    const tenant = { id: batch.tenantId }
    if (outcome.kind === 'key-reused') throw keyReused()
    if (outcome.kind === 'duplicate') {
      return this.#answer(outcome.batchId, tenant, response, REPLAYED)
    }
    this.#announce(batch.id)
    await this.#answer(batch.id, tenant, response)
  }

  /** A file of its own, so that the batch made of it is like any other. */
  async #failedLines(batch: BatchRecord): Promise<WrittenFile> {
    const { store } = this.#dependencies
    const filename = `${batch.id}_retry.jsonl`
    const about = { tenantId: batch.tenantId, filename, purpose: 'batch' }
    const file = await writeFile(this.#dependencies, about, linesToRetry(store, batch))
    if (!file) {
      throw new LonghaulError(
        'nothing_to_retry',
        batch.status === 'failed'
          ? 'None of its lines ran: mend its file as `errors` says, and make a new batch.'
          : 'No line of this batch failed.',
      )
    }
    const { bytes } = file
    await store.files.publish(file.id, { bytes, filename, purpose: 'batch', expiresAt: null })
    return file
  }

  async #setPaused(
    paused: boolean,
    request: Request,
    response: Response,
    tenant: Tenant,
  ): Promise<void> {
    readQuery(noQuery, request.url)
    const id = batchIdOf(request.params.id)
    const changed = await this.#dependencies.store.batches.setPaused(tenant.id, id, paused)
    if (!changed) {
      const { status } = await this.#batch(id, tenant)
      throw new LonghaulError('batch_ended', `The batch is ${status}: none of its lines waits.`)
    }
    this.#announce(id)
    await this.#answer(id, tenant, response)
  }

  async #answer(
    id: string,
    tenant: { id: string },
    response: Response,
    headers: Record<string, string> = {},
  ): Promise<void> {
    const batch = await this.#batch(id, tenant)
    const view = batchView(batch, this.#dependencies.clock.now())
    sendJson(response, 200, JSON.stringify(view), headers)
  }

  async #batch(id: string, tenant: { id: string }): Promise<BatchRecord> {
    const batch = await this.#dependencies.store.batches.get(tenant.id, id)
    if (!batch) throw new LonghaulError('batch_not_found', `There is no batch ${id}.`)
    return batch
  }

  #announce(batchId: string): void {
    this.#dependencies.coordination.broadcasts.send('batch-changed', { batchId })
  }
}

async function* linesToRetry(store: Store, batch: BatchRecord): AsyncGenerator<string> {
  let after = 0
  for (;;) {
    const lines = await store.batchLines.failedRequests(batch.id, after, RETRY_SLICE)
    if (lines.length === 0) return
    yield lines
      .map(({ customId, body, options }) =>
        requestLine(customId, batch.endpoint, asSent(body, options?.constraints)),
      )
      .join('')
    after = lines.at(-1)?.line ?? after
  }
}

/**
 * What cannot be an id is an id that nobody has, as it is to OpenAI.
 * @throws {LonghaulError} batch_not_found
 */
function batchIdOf(id: unknown): string {
  if (typeof id === 'string' && uuidOf('batch', id) !== undefined) return id
  throw new LonghaulError(
    'batch_not_found',
    `There is no batch ${shownId(id)}: ids of batches are "batch_" and 32 hexadecimal digits.`,
    { param: 'id' },
  )
}
