import { type Endpoint, LonghaulError } from '@longhaul/contracts'
import {
  check,
  describeValue,
  parseJson,
  type Submission,
  type SubmissionReader,
} from '@longhaul/intake'
import { z } from 'zod'
import type { InputLine } from './lines.ts'

/** As of a request to `/v1/jobs`. */
export const MAX_LINE_BYTES = 10 * 1024 * 1024
const MAX_CUSTOM_ID = 512

const lineSchema = z.looseObject({
  custom_id: z.string().min(1).max(MAX_CUSTOM_ID),
  method: z.string(),
  url: z.string(),
  body: z.looseObject({}),
})

/** A line without faults. */
export interface BatchLine {
  line: number
  customId: string
  submission: Submission
}

export interface LineReaderOptions {
  reader: SubmissionReader
  endpoint: Endpoint
  /** Epoch milliseconds. */
  now: number
}

/**
 * Reads one line of a batch's file: its envelope, then its body as `/v1/jobs`
 * would.
 * @throws {LonghaulError} its first fault
 */
export function readBatchLine(input: InputLine, options: LineReaderOptions): BatchLine {
  const { reader, endpoint, now } = options
  if (!input.bytes) {
    throw new LonghaulError(
      'body_too_large',
      `The line is longer than ${MAX_LINE_BYTES} bytes: send less.`,
    )
  }
  const value = parseJson(input.bytes, LINE)
  const line = check(lineSchema, value, { path: '', whole: LINE })
  if (line.method !== 'POST') {
    throw new LonghaulError(
      'invalid_value',
      `\`method\` must be "POST"; got ${describeValue(line.method)}.`,
      { param: 'method' },
    )
  }
  if (line.url !== endpoint) {
    throw new LonghaulError(
      'invalid_value',
      `\`url\` must be "${endpoint}", the endpoint of the batch; got ${describeValue(line.url)}.`,
      { param: 'url' },
    )
  }
  const { body } = value as { body: unknown }
  const submission = reader.read({ endpoint, body, lane: 'bulk' }, now)
  return { line: input.number, customId: line.custom_id, submission }
}

const LINE = 'The line'
