import { createReadStream, createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import OpenAI from 'openai'
import { countIds } from './batch-file.ts'
import type { LonghaulServer } from './contender.ts'

export interface BatchRun {
  batch: OpenAI.Batch
  /** From the first byte sent to the last line of its files read. */
  seconds: number
  uploadSeconds: number
  /** From its creation to `in_progress`. */
  validateSeconds: number
  /** From the first byte sent to the first result read. */
  firstResultSeconds: number
  /** From the look that found it `finalizing` to the one that found it ended. */
  finalizeSeconds: number
  downloadSeconds: number
  /** How often each `custom_id` is in its files. */
  ids: Map<string, number>
}

const POLL_MS = 100
const PATIENCE_MS = 600_000
const FINAL = ['completed', 'failed', 'expired', 'cancelled']

/**
 * Uploads a file, makes a batch of it, and reads what comes out, with OpenAI's
 * client.
 * @param onPoll told of its state at every look; may kill the server and start it again
 */
export async function runBatch(
  longhaul: Pick<LonghaulServer, 'url' | 'apiKey'>,
  folder: string,
  input: string,
  onPoll: (batch: OpenAI.Batch) => Promise<void> = async () => {},
): Promise<BatchRun> {
  const { url, apiKey } = longhaul
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 5, timeout: PATIENCE_MS })
  const startedAt = performance.now()
  const since = () => (performance.now() - startedAt) / 1_000
  const file = await client.files.create({ file: createReadStream(input), purpose: 'batch' })
  const uploadSeconds = since()
  const created = await client.batches.create({
    input_file_id: file.id,
    endpoint: '/v1/chat/completions',
    completion_window: '24h',
  })
  let validateSeconds = 0
  let firstResultSeconds = 0
  let ranSeconds = 0
  let batch = created
  while (!FINAL.includes(batch.status)) {
    if (since() * 1_000 > PATIENCE_MS) throw new Error(`the batch is still ${batch.status}`)
    await delay(POLL_MS)
    batch = await looked(client, batch)
    if (batch.in_progress_at && validateSeconds === 0) validateSeconds = since() - uploadSeconds
    if (validateSeconds > 0 && firstResultSeconds === 0 && (await hasResult(longhaul, batch.id))) {
      firstResultSeconds = since()
    }
    if (batch.finalizing_at && ranSeconds === 0) ranSeconds = since()
    await onPoll(batch)
  }
  const endedSeconds = since()
  const paths: string[] = []
  for (const id of [batch.output_file_id, batch.error_file_id]) {
    if (!id) continue
    const path = join(folder, id)
    const { body } = await client.files.content(id)
    if (!body) throw new Error('a file without content')
    await pipeline(Readable.fromWeb(body as never), createWriteStream(path))
    paths.push(path)
  }
  const seconds = since()
  const ids = new Map<string, number>()
  for (const path of paths) await countIds(path, ids)
  return {
    batch,
    seconds,
    uploadSeconds,
    validateSeconds,
    firstResultSeconds,
    finalizeSeconds: endedSeconds - ranSeconds,
    downloadSeconds: seconds - endedSeconds,
    ids,
  }
}

/** What it is now; what it was, while the server is being started again. */
async function looked(client: OpenAI, batch: OpenAI.Batch): Promise<OpenAI.Batch> {
  try {
    return await client.batches.retrieve(batch.id)
  } catch (error) {
    if (error instanceof OpenAI.APIConnectionError) return batch
    throw error
  }
}

async function hasResult(
  { url, apiKey }: Pick<LonghaulServer, 'url' | 'apiKey'>,
  id: string,
): Promise<boolean> {
  const response = await fetch(`${url}/v1/batches/${id}/results`, {
    headers: { authorization: `Bearer ${apiKey}` },
  }).catch(() => undefined)
  const reader = response?.body?.getReader()
  const first = await reader?.read().catch(() => undefined)
  await reader?.cancel().catch(() => {})
  return first?.value !== undefined
}
