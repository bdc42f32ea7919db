import { newId } from '@longhaul/contracts'
import type { TestIngress } from './ingress.ts'

const request = { messages: [{ role: 'user', content: 'hello' }] }
const line = { custom_id: '1', method: 'POST', url: '/v1/chat/completions', body: request }

/** As a browser would send it; what is called `file` is one. */
export function formOf(fields: Record<string, string>): FormData {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) {
    if (name === 'file') form.append(name, new Blob([value]), 'requests.jsonl')
    else form.append(name, value)
  }
  return form
}

/** @returns the id of a file with one request */
export async function uploadTo(test: TestIngress): Promise<string> {
  const form = formOf({ purpose: 'batch', file: JSON.stringify(line) })
  return (await test.call('POST', '/v1/files', form)).json.id
}

/** @returns the id of a batch that nobody has validated yet */
export async function newBatch(test: TestIngress): Promise<string> {
  const { json } = await test.call('POST', '/v1/batches', {
    input_file_id: await uploadTo(test),
    endpoint: '/v1/chat/completions',
    completion_window: '24h',
  })
  return json.id
}

/** @returns the id of a batch whose only line was cancelled; a dispatcher's steps, taken here */
export async function cancelledBatch(test: TestIngress): Promise<string> {
  const id = await newBatch(test)
  const { batches, batchWork } = test.store
  const owner = 'test'
  const batch = await claimed(test, id)
  await batchWork.validated(id, owner, { total: 1, estimatedCostUsd: null })
  const body = JSON.stringify(request)
  const newLine = { line: 1, customId: '1', requestedModel: null, policy: null, options: null }
  const ofJob = { jobId: newId('job'), body, bodyBytes: body.length }
  await batchWork.recordLines(batch, owner, 0, [{ ...newLine, ...ofJob }])
  await batchWork.begin(id, owner)
  await batches.cancel(test.tenantId, id)
  await claimed(test, id)
  await batchWork.cancelLines(batch)
  await batchWork.finish(id, owner, { output: null, error: null }, null)
  return id
}

async function claimed(test: TestIngress, id: string) {
  const batches = await test.store.batchWork.claim('test', 60_000, 1_000)
  const batch = batches.find(each => each.id === id)
  if (!batch) throw new Error(`${id} was not to be claimed`)
  return batch
}
