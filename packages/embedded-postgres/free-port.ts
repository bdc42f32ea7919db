import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * Below the range from which Linux and macOS take the ports of outgoing
 * connections. A server that is away must find its port free when it comes
 * back, and a client that keeps knocking at a port of that range can end up
 * connected to itself.
 */
const LOWEST = 15_000
const HIGHEST = 32_000
const TRIES = 50

/** A port of 127.0.0.1 that was free a moment ago, and stays so while its server restarts. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST))
    if (await isFree(port)) return port
  }
  throw new Error(`no free port between ${LOWEST} and ${HIGHEST}`)
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    server.close()
    await once(server, 'close')
    return true
  } catch {
    return false
  }
}
