import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { afterEach, describe, expect, it } from '@jest/globals'
import { systemClock } from '@longhaul/contracts'
import { openPausedReader, type PausedReader } from '../../../test/paused-reader.ts'
import { EventStream } from './event-stream.ts'
import { ResponseEvents } from './response-events.ts'
import { sendEvents } from './response-stream.ts'

const MIB = 1024 * 1024

const closers: Array<() => void> = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

async function connected(): Promise<PausedReader> {
  const opened = await openPausedReader()
  closers.push(opened.close)
  return opened
}

async function textOf(reader: Socket): Promise<string> {
  const pieces: Buffer[] = []
  reader.on('data', (piece: Buffer) => pieces.push(piece)).resume()
  await once(reader, 'end')
  return Buffer.concat(pieces).toString()
}

function streamTo(response: ServerResponse, stalledMs?: number): EventStream {
  return new EventStream(response, { clock: systemClock, headers: async () => ({}) }, stalledMs)
}

describe('a stream to a caller who reads slowly', () => {
  it('tells that the caller is behind, and when what was sent has been taken', async () => {
    const { response, reader } = await connected()
    const stream = streamTo(response)
    const event = 'x'.repeat(64 * 1024)
    let sent = 0
    for (; !stream.behind || sent < 4; sent += 1) {
      stream.event(event)
      await new Promise(setImmediate)
    }
    let isDrained = false
    const drained = stream.drained().then(() => {
      isDrained = true
    })
    await new Promise(setImmediate)
    expect(isDrained).toBe(false)
    const text = textOf(reader)
    await drained
    expect(stream.behind).toBe(false)
    stream.end()
    expect((await text).split('data: ')).toHaveLength(sent + 1)
  })

  it('holds little of a response back that is many times as long, and tells all of it', async () => {
    const { response, reader } = await connected()
    const events = new ResponseEvents()
    events.begin({ id: 'resp_1', status: 'queued' })
    const sent = sendEvents(response, events, -1, { clock: systemClock, headers: {} })
    const delta = 'y'.repeat(64 * 1024)
    let most = 0
    for (let index = 0; index < 400; index += 1) {
      events.chunk(JSON.stringify({ type: 'response.output_text.delta', delta, output_index: 0 }))
      await new Promise(setImmediate)
      most = Math.max(most, response.writableLength)
    }
    events.fail('stream_interrupted', 'The end.')
    expect(most).toBeLessThan(MIB)
    const text = await textOf(reader)
    await sent
    const numbers = [...text.matchAll(/"sequence_number":(\d+)/g)].map(([, number]) =>
      Number(number),
    )
    expect(numbers).toEqual(events.all.map((_, index) => index))
  })

  it('ends when the caller takes nothing at all', async () => {
    const { response } = await connected()
    const stream = streamTo(response, 50)
    const closed = once(response, 'close')
    // It may be gone before it is behind.
    while (!stream.behind && !response.destroyed) {
      stream.event('z'.repeat(MIB))
      await new Promise(setImmediate)
    }
    await closed
    expect(response.writableFinished).toBe(false)
    await stream.drained()
  })
})
