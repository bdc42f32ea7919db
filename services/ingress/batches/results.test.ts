import { once } from 'node:events'
import { afterEach, expect, it } from '@jest/globals'
import { newId, systemClock } from '@longhaul/contracts'
import type { BatchRecord, EndedCursor, EndedLine, Store } from '@longhaul/store'
import type { Response } from 'express'
import { openPausedReader } from '../../../test/paused-reader.ts'
import { streamResults } from './results.ts'

const closers: Array<() => void> = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

const MIB = 1024 * 1024

it('lets a reader go who takes nothing of what there is', async () => {
  const { response, close } = await openPausedReader()
  closers.push(close)
  let slices = 0
  const endedSince = async (): Promise<Array<EndedLine & { cursor: EndedCursor }>> => {
    slices += 1
    const jobId = newId('job')
    const body = JSON.stringify('x'.repeat(MIB))
    const about = { line: slices, customId: String(slices), status: 'succeeded' as const }
    return [{ ...about, jobId, error: null, costUsd: 0, body, cursor: { xid: '1', jobId } }]
  }
  const store = { batchLines: { endedSince } } as unknown as Store
  const batch = { id: newId('batch'), status: 'in_progress' } as BatchRecord
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const closed = once(response, 'close')
  const options = { after: { xid: '0', jobId: '' }, follow: true, signal: gone.signal }
  const sent = streamResults(
    { store, clock: systemClock },
    batch,
    { ...options, stalledMs: 100 },
    response as Response,
  )
  await closed
  await sent
  expect(slices).toBeLessThan(20)
})
