import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { expect, it } from '@jest/globals'
import { Link } from './link.ts'

const COMMAND = /\*\d+\r\n\$\d+\r\n(\w+)/g
const INFO = 'redis_version:7.0.0\r\n'

function reply(command: string): string {
  return command.toLowerCase() === 'info' ? `$${INFO.length}\r\n${INFO}\r\n` : '+OK\r\n'
}

it('does not take a connection for unanswered because the other one is', async () => {
  let answered: Socket | undefined
  const server = createServer(socket => {
    socket.on('error', () => {})
    socket.on('data', bytes => {
      const text = bytes.toString()
      if (text.includes('coordination')) answered = socket
      if (socket !== answered) return
      for (const [, command = ''] of text.matchAll(COMMAND)) socket.write(reply(command))
      // Its commands are answered, and the connection that listens is not: then it closes.
      if (text.toLowerCase().includes('info')) socket.end()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  let tell = (_: string) => {}
  const reason = new Promise<string>(resolve => {
    tell = resolve
  })
  const link = new Link({
    url: `redis://127.0.0.1:${port}`,
    scripts: { longhaulBreakers: 'return 1', longhaulTallies: 'return 1' },
    channels: ['one'],
    ready: () => {},
    away: tell,
    receive: () => {},
  })
  link.open()
  try {
    expect(await reason).toBe('the connection was closed')
  } finally {
    link.close()
    server.close()
  }
})
