import { setTimeout as delay } from 'node:timers/promises'
import type OpenAI from 'openai'
import { toFile } from 'openai'

export interface Line {
  custom_id: string
  method?: string
  url?: string
  body: object
}

export interface OutputLine {
  id: string
  custom_id: string
  response: { status_code: number; request_id: string; body: Record<string, unknown> } | null
  error: { code: string; message: string } | null
}

/** A prompt for a model; the marker is the custom id, so that calls can be counted by it. */
export function chatLine(customId: string, model: string, script = ''): Line {
  const content = `[[${customId}${script}]] Tell me about ${customId}.`
  return { custom_id: customId, body: { model, messages: [{ role: 'user', content }] } }
}

export function jsonLines(lines: readonly Line[], url = '/v1/chat/completions'): string {
  return lines.map(line => JSON.stringify({ method: 'POST', url, ...line })).join('\n')
}

export async function uploadLines(client: OpenAI, text: string): Promise<string> {
  const file = await toFile(Buffer.from(text), 'requests.jsonl')
  return (await client.files.create({ file, purpose: 'batch' })).id
}

export async function createBatch(
  client: OpenAI,
  lines: readonly Line[],
  longhaul?: object,
  window = '24h',
): Promise<OpenAI.Batch> {
  return client.batches.create({
    input_file_id: await uploadLines(client, jsonLines(lines)),
    endpoint: '/v1/chat/completions',
    completion_window: window as '24h',
    ...(longhaul && { longhaul }),
  })
}

const FINAL = ['completed', 'failed', 'expired', 'cancelled']
const POLL_MS = 50

/** Polls as users do. */
export async function untilEnded(
  client: OpenAI,
  id: string,
  timeoutMs = 60_000,
): Promise<OpenAI.Batch> {
  return untilBatch(client, id, batch => FINAL.includes(batch.status), timeoutMs)
}

export async function untilBatch(
  client: OpenAI,
  id: string,
  wanted: (batch: OpenAI.Batch) => boolean | Promise<boolean>,
  timeoutMs = 60_000,
): Promise<OpenAI.Batch> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const batch = await client.batches.retrieve(id)
    if (await wanted(batch)) return batch
    if (performance.now() > deadline) {
      throw new Error(`the batch is ${batch.status}: ${JSON.stringify(batch.request_counts)}`)
    }
    await delay(POLL_MS)
  }
}

/** The lines of an output or error file; none when there is no file. */
export async function readOutput(
  client: OpenAI,
  fileId: string | null | undefined,
): Promise<OutputLine[]> {
  if (!fileId) return []
  const text = await (await client.files.content(fileId)).text()
  return text
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as OutputLine)
}
