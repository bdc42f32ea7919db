import { type BatchStatus, errorCatalogue, type JobError } from '@longhaul/contracts'
import type { EndedLine } from '@longhaul/store'

const JOB = 'job_'.length

/**
 * A line of an output or error file, its newline included: the provider's
 * answer as it came, an error of HTTP, or word that it never ran.
 */
export function outputLine(line: EndedLine, batch: { status: BatchStatus }): string {
  const id = line.jobId.slice(JOB)
  const head = JSON.stringify({ id: `batch_req_${id}`, custom_id: line.customId }).slice(0, -1)
  const longhaul = JSON.stringify({ job_id: line.jobId, cost_usd: line.costUsd })
  if (line.status === 'succeeded') {
    const response = responseOf(id, 200, oneLine(line.body ?? 'null'))
    return `${head},"response":${response},"error":null,"longhaul":${longhaul}}\n`
  }
  const unfinished = unfinishedOf(line, batch.status)
  const [response, error] = unfinished
    ? ['null', JSON.stringify(unfinished)]
    : [failureOf(id, line.error), 'null']
  return `${head},"response":${response},"error":${error},"longhaul":${longhaul}}\n`
}

/** A line as it was sent. */
export function requestLine(customId: string, url: string, body: string): string {
  const head = JSON.stringify({ custom_id: customId, method: 'POST', url }).slice(0, -1)
  return `${head},"body":${body}}\n`
}

function responseOf(id: string, status: number, body: string): string {
  return `{"status_code":${status},"request_id":"req_${id}","body":${body}}`
}

function failureOf(id: string, error: JobError | null): string {
  const code = error?.code ?? 'internal_error'
  const { status, type } = errorCatalogue[code]
  const detail = error?.detail === undefined ? '' : ` ${error.detail}`
  const message = `${error?.message ?? 'Something went wrong.'}${detail}`
  return responseOf(id, status, JSON.stringify({ error: { message, type, param: null, code } }))
}

/** What its batch ended before it could. */
function unfinishedOf({ status }: EndedLine, batch: BatchStatus) {
  if (status === 'expired') {
    const message = 'The completion window ended before this request did.'
    return { code: 'batch_expired', message }
  }
  const isCancelled = batch === 'cancelling' || batch === 'cancelled'
  if (status !== 'cancelled' || !isCancelled) return undefined
  const message = 'The batch was cancelled before this request ended.'
  return { code: 'batch_cancelled', message }
}

/** Line breaks stand between the tokens of JSON only. */
function oneLine(json: string): string {
  return /[\r\n]/.test(json) ? json.replaceAll(/[\r\n]+/g, ' ') : json
}
