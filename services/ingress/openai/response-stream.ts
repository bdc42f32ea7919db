import type { ServerResponse } from 'node:http'
import type { Clock } from '@longhaul/contracts'
import { EventStream } from './event-stream.ts'
import type { ResponseEvents } from './response-events.ts'

/**
 * Sends a response's events to one reader until they end or the reader leaves.
 * A reader who knows as many of them as there are, or more, may have heard an
 * earlier telling: the end is told once more.
 * @param after the number of the last event that the reader has; -1 for none
 */
export function sendEvents(
  response: ServerResponse,
  events: ResponseEvents,
  after: number,
  { clock, headers }: { clock: Clock; headers: Record<string, string> },
): Promise<void> {
  const stream = new EventStream(response, { clock, headers: async () => headers })
  if (response.destroyed) return Promise.resolve()
  let next = after + 1
  let draining = false
  return new Promise(resolve => {
    const resume = () => {
      draining = false
      send()
    }
    const send = () => {
      if (draining) return
      for (; next < events.all.length && !stream.behind; next += 1) {
        const event = events.all[next]
        if (event) stream.event(event.json, event.type)
      }
      if (next < events.all.length) {
        draining = true
        void stream.drained().then(() => !response.destroyed && resume())
        return
      }
      if (!events.ended) return
      const last = events.all.at(-1)
      if (last && after >= events.all.length - 1) {
        const renumbered = { ...JSON.parse(last.json), sequence_number: after + 1 }
        stream.event(JSON.stringify(renumbered), last.type)
      }
      stream.end()
      leave()
      resolve()
    }
    const leave = events.onEvents(send)
    response.once('close', () => {
      leave()
      resolve()
    })
    send()
  })
}
