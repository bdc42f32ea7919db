import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { freePort } from '@longhaul/embedded-postgres'
import { TcpProxy } from './tcp-proxy.ts'

const QUIET_MS = 100

describe('the proxy', () => {
  const echo = createServer(socket => socket.pipe(socket))
  let proxy: TcpProxy
  let client: Socket
  beforeEach(async () => {
    echo.listen(0, '127.0.0.1')
    await once(echo, 'listening')
    proxy = await TcpProxy.listen(await freePort(), (echo.address() as AddressInfo).port)
    client = connect(proxy.port, '127.0.0.1')
    await once(client, 'connect')
  })
  afterEach(async () => {
    client.destroy()
    await proxy.close()
    echo.close()
  })

  async function answer(): Promise<string> {
    const [text] = await once(client, 'data')
    return String(text)
  }

  it('passes both ways', async () => {
    client.write('hello')
    expect(await answer()).toBe('hello')
  })

  it('holds everything while it is cut, and loses none of it', async () => {
    proxy.cut()
    client.write('held')
    const late = connect(proxy.port, '127.0.0.1')
    await once(late, 'connect')
    late.write('late')
    const answered = answer()
    expect(await Promise.race([answered, delay(QUIET_MS, 'nothing')])).toBe('nothing')
    proxy.mend()
    expect(await answered).toBe('held')
    const [text] = await once(late, 'data')
    expect(String(text)).toBe('late')
    late.destroy()
  })

  it('delays each direction', async () => {
    proxy.delay(QUIET_MS)
    const startedAt = performance.now()
    client.write('slow')
    expect(await answer()).toBe('slow')
    expect(performance.now() - startedAt).toBeGreaterThan(2 * QUIET_MS - 10)
  })

  it('resets what is open', async () => {
    client.on('error', () => {})
    client.write('hello')
    await answer()
    proxy.reset()
    await once(client, 'close')
  })
})
