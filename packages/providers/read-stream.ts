import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import type { Clock } from '@longhaul/contracts'
import { EventStreamParser } from './server-sent-events.ts'
import type { Reading, StreamReader } from './wire-format.ts'

/** How long a connection may stay open behind the end of its stream before it is closed. */
const LINGER_MS = 1_000

/**
 * Feeds an event stream to its reader until that has enough or the body ends.
 * The rest of the body is read away, so that the connection can be used again.
 */
export function readStream(body: Readable, reader: StreamReader, clock: Clock): Promise<Reading> {
  return new Promise((resolve, reject) => {
    let over = false
    const finish = () => {
      over = true
      resolve(reader.finish())
    }
    const parser = new EventStreamParser(payload => {
      if (!over && reader.read(payload)) {
        finish()
        body.once(
          'close',
          clock.schedule(LINGER_MS, () => body.destroy()),
        )
      }
    })
    // A throw inside an event handler would take the process down.
    const guard = (step: () => void) => {
      try {
        if (!over) step()
      } catch (error) {
        over = true
        reject(error)
        body.destroy()
      }
    }
    const decoder = new StringDecoder('utf8')
    body.on('data', (chunk: Buffer) => guard(() => parser.push(decoder.write(chunk))))
    body.on('error', reject)
    body.on('end', () =>
      guard(() => {
        parser.push(decoder.end())
        parser.end()
        if (!over) finish()
      }),
    )
  })
}
