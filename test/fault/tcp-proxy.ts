import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** A client's connection, and the one to the server that goes with it, once there is one. */
interface Pair {
  client: Socket
  server: Socket | undefined
}

/**
 * A TCP proxy that can fail as networks do. While it is `cut` nothing passes,
 * and nobody is told: connections stay open, and new ones are accepted and lead
 * nowhere. `mend` lets through what had waited, as retransmission would.
 */
export class TcpProxy {
  readonly port: number
  readonly targetPort: number
  readonly #server: Server
  readonly #pairs = new Set<Pair>()
  #isCut = false
  #delayMs = 0

  /** @param targetPort on 127.0.0.1 */
  static async listen(port: number, targetPort: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(port, targetPort)
    proxy.#server.listen(port, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  private constructor(port: number, targetPort: number) {
    this.port = port
    this.targetPort = targetPort
    this.#server = createServer({ allowHalfOpen: false }, client => this.#accept(client))
  }

  cut(): void {
    this.#isCut = true
    for (const { client, server } of this.#pairs) {
      client.pause()
      server?.pause()
    }
  }

  mend(): void {
    this.#isCut = false
    for (const pair of this.#pairs) {
      if (!pair.server) this.#connect(pair)
      pair.client.resume()
      pair.server?.resume()
    }
  }

  /** What passes from now on comes so much later, in each direction. */
  delay(delayMs: number): void {
    this.#delayMs = delayMs
  }

  /** Ends every connection with a reset, and accepts new ones. */
  reset(): void {
    for (const { client, server } of this.#pairs) {
      client.resetAndDestroy()
      server?.resetAndDestroy()
    }
  }

  async close(): Promise<void> {
    this.#server.close()
    this.reset()
  }

  #accept(client: Socket): void {
    const pair: Pair = { client, server: undefined }
    this.#pairs.add(pair)
    this.#tie(pair, client)
    if (this.#isCut) client.pause()
    else this.#connect(pair)
  }

  #connect(pair: Pair): void {
    const server = connect(this.targetPort, '127.0.0.1')
    pair.server = server
    this.#tie(pair, server)
    this.#pass(pair.client, server)
    this.#pass(server, pair.client)
  }

  /** In order, also when the delay is changed on the way. */
  #pass(from: Socket, to: Socket): void {
    let dueAt = 0
    from.on('data', chunk => {
      const now = performance.now()
      dueAt = Math.max(dueAt, now + this.#delayMs)
      if (dueAt <= now) to.write(chunk)
      else setTimeout(() => to.write(chunk), dueAt - now)
    })
  }

  /** When one side ends, both do. */
  #tie(pair: Pair, socket: Socket): void {
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#pairs.delete(pair)
      pair.client.destroy()
      pair.server?.destroy()
    })
  }
}
