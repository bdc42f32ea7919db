import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'

export interface PausedReader {
  response: ServerResponse
  reader: Socket
  close(): void
}

/** An answer under way, and its reader, who takes nothing before `resume`. */
export async function openPausedReader(): Promise<PausedReader> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const reader = connect((server.address() as AddressInfo).port, '127.0.0.1').pause()
  reader.on('error', () => {})
  reader.write('GET / HTTP/1.0\r\n\r\n')
  const [, response] = await once(server, 'request')
  return {
    response,
    reader,
    close() {
      reader.destroy()
      server.closeAllConnections()
      server.close()
    },
  }
}
