import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from '@jest/globals'
import { ManualClock } from '../../test/manual-clock.ts'
import { Arrivals } from './arrivals.ts'

const TIMEOUT_MS = 120_000
const cleanUp: Array<() => void> = []

afterEach(() => {
  for (const act of cleanUp.splice(0)) act()
})

async function serve() {
  const clock = new ManualClock()
  const mayTakeLong = ({ url }: { url?: string | undefined }) => url === '/slow'
  const arrivals = new Arrivals(clock, { timeoutMs: TIMEOUT_MS, mayTakeLong })
  const server = createServer((request, response) => {
    arrivals.watch(request, response)
    request.on('data', () => server.emit('piece')).on('end', () => response.end('taken'))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  client.setEncoding('utf8').on('error', () => {})
  cleanUp.push(
    () => client.destroy(),
    () => server.close(),
  )
  const send = async (text: string) => {
    const taken = once(server, 'piece')
    client.write(text)
    await taken
  }
  const begin = (path: string) =>
    send(`POST ${path} HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n0`)
  return { clock, client, send, begin }
}

async function answerOf(client: Socket): Promise<string> {
  let text = ''
  for await (const piece of client) text += piece
  return text
}

describe('a request whose body does not arrive', () => {
  it('is cut as a whole after its time, however steadily it trickles', async () => {
    const { clock, client, send, begin } = await serve()
    await begin('/')
    clock.advance(TIMEOUT_MS / 2)
    await send('1')
    clock.advance(TIMEOUT_MS / 2)
    expect(await answerOf(client)).toContain('HTTP/1.1 408')
  })

  it('may take its time while bytes flow, and is cut when they stand still', async () => {
    const { clock, client, send, begin } = await serve()
    await begin('/slow')
    for (const piece of '12345678') {
      clock.advance(TIMEOUT_MS / 2)
      await send(piece)
    }
    clock.advance(2 * TIMEOUT_MS)
    expect(await answerOf(client)).toContain('HTTP/1.1 408')
  })

  it('is left alone once it is here', async () => {
    const { clock, client, send, begin } = await serve()
    await begin('/')
    await send('123456789')
    const [answer] = await once(client, 'data')
    expect(answer).toContain('taken')
    clock.advance(2 * TIMEOUT_MS)
    expect(client.destroyed).toBe(false)
  })
})
