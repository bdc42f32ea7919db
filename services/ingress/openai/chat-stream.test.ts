import { once } from 'node:events'
import { afterEach, expect, it } from '@jest/globals'
import type { Submission } from '@longhaul/intake'
import { StoreUnavailableError } from '@longhaul/store'
import { startTelemetry } from '@longhaul/telemetry'
import { ManualClock } from '../../../test/manual-clock.ts'
import { openPausedReader } from '../../../test/paused-reader.ts'
import { type ChatStreamDependencies, streamChat } from './chat-stream.ts'

const closers: Array<() => unknown> = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

it('tells in the stream that the store is away, when it is known only after the first comment line', async () => {
  const { response, reader, close } = await openPausedReader()
  const clock = new ManualClock()
  const telemetry = startTelemetry({ service: 'test', logLevel: 'silent' })
  closers.push(close, () => telemetry.stop())
  const { promise: submitted, reject } = Promise.withResolvers<never>()
  const dependencies = {
    jobs: { submit: () => submitted },
    store: { reads: { get: async () => undefined, decision: async () => null } },
    coordination: { streams: { address: 'here', on: () => () => {} } },
    clock,
    telemetry,
  } as unknown as ChatStreamDependencies
  const context = { tenantId: 'acme', traceparent: undefined, now: clock.now(), idempotency: null }
  const streamed = streamChat(dependencies, {} as Submission, context, response, false)
  clock.advance(3_000)
  const [comment] = await once(reader.resume().setEncoding('utf8'), 'data')
  expect(comment).toContain('200 OK')
  let text = ''
  reader.on('data', piece => {
    text += piece
  })
  reject(new StoreUnavailableError(new Error('gone')))
  await streamed
  await once(reader, 'end')
  expect(text).toContain('"code":"store_unavailable"')
})
