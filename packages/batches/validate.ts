import {
  type BatchFault,
  EventLoopTurns,
  LonghaulError,
  MAX_BATCH_FAULTS,
  MAX_BATCH_LINES,
} from '@longhaul/contracts'
import {
  type BatchLine,
  type LineReaderOptions,
  MAX_LINE_BYTES,
  readBatchLine,
} from './line-reader.ts'
import { readLines } from './lines.ts'

export interface Validated {
  /** Lines that are not blank. */
  total: number
  /** In the order of the file, up to `MAX_BATCH_FAULTS`; empty: it may run. */
  faults: BatchFault[]
}

/**
 * Reads a batch's file from end to end for faults: every line by itself, and
 * `custom_id`s against one another. Holds the ids, and otherwise one line.
 * @param each told of every line without faults, in order, and whether those before it had
 *   none; what it returns is waited for
 * @throws what `source` throws, and the signal's reason
 */
export async function validateBatch(
  source: AsyncIterable<Buffer>,
  options: LineReaderOptions & { signal?: AbortSignal },
  each: (line: BatchLine, isFaultless: boolean) => Promise<void> | undefined,
): Promise<Validated> {
  const faults: BatchFault[] = []
  const lineOfId = new Map<string, number>()
  const turns = new EventLoopTurns()
  let total = 0
  for await (const input of readLines(source, MAX_LINE_BYTES)) {
    total += 1
    if (total > MAX_BATCH_LINES || faults.length === MAX_BATCH_FAULTS) break
    const turn = turns.next()
    if (turn) {
      await turn
      options.signal?.throwIfAborted()
    }
    try {
      const line = readBatchLine(input, options)
      const first = lineOfId.get(line.customId)
      if (first !== undefined) throw duplicate(line.customId, first)
      lineOfId.set(line.customId, line.line)
      const told = each(line, faults.length === 0)
      if (told) await told
    } catch (error) {
      if (!(error instanceof LonghaulError)) throw error
      const { code, message, param } = error
      faults.push({ code, message, param, line: input.number })
    }
  }
  if (total === 0) faults.push(ofFile('empty_file', 'The file has no lines: add a request.'))
  if (total > MAX_BATCH_LINES) faults.unshift(tooManyLines())
  return { total, faults: faults.slice(0, MAX_BATCH_FAULTS) }
}

function duplicate(customId: string, first: number): LonghaulError {
  const shown = JSON.stringify(customId.slice(0, 100))
  return new LonghaulError(
    'duplicate_custom_id',
    `\`custom_id\` ${shown} is that of line ${first} too: give each line its own.`,
    { param: 'custom_id' },
  )
}

function tooManyLines(): BatchFault {
  const message = `The file has more than ${MAX_BATCH_LINES} lines: split it into several batches.`
  return ofFile('too_many_lines', message)
}

function ofFile(code: string, message: string): BatchFault {
  return { code, message, param: null, line: null }
}
