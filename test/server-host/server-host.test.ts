import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { serverAddress } from '../servers.ts'
import { ServerHost } from './server-host.ts'

const stop = async () => {}

describe('the host of servers', () => {
  it('opens a server once, however many ask', async () => {
    let opened = 0
    const host = new ServerHost(() => [
      async () => {
        opened += 1
        return { address: 'here', stop }
      },
    ])
    const ask = (testFile: string) => host.address('redis', testFile)
    expect(await Promise.all([ask('a.test.ts'), ask('b.test.ts')])).toEqual(['here', 'here'])
    expect(opened).toBe(1)
    expect(host.leftOut).toEqual([])
    await host.stop()
  })

  it('goes on to the next way when one does not apply, or fails', async () => {
    const host = new ServerHost(() => [
      async () => undefined,
      async () => {
        throw new Error('cannot pull the image')
      },
      async () => ({ address: 'fetched', stop }),
    ])
    expect(await host.address('kafka', 'a.test.ts')).toBe('fetched')
    await host.stop()
  })

  it('notes which test went without, and every reason', async () => {
    const host = new ServerHost(() => [
      async () => {
        throw new Error('cannot pull the image')
      },
      async () => {
        throw new Error('Kafka needs Java', { cause: new Error('spawn java ENOENT') })
      },
    ])
    await expect(host.address('kafka', 'bus.test.ts')).rejects.toThrow('Java')
    expect(host.leftOut).toEqual([
      'bus.test.ts needs kafka: cannot pull the image; Kafka needs Java: spawn java ENOENT',
    ])
    await host.stop()
  })

  it('stops what it opened, and leaves no folder', async () => {
    const stopped: string[] = []
    let folder = ''
    const host = new ServerHost((kind, dataDir) => {
      folder = dataDir
      return [
        async () => ({
          address: kind,
          stop: async () => {
            stopped.push(kind)
          },
        }),
      ]
    })
    await host.address('redis', 'a.test.ts')
    await host.address('kafka', 'a.test.ts')
    expect(existsSync(folder)).toBe(true)
    await host.stop()
    expect(stopped).toEqual(['redis', 'kafka'])
    expect(existsSync(folder)).toBe(false)
  })
})

describe('a test file that asks for a server which cannot be had', () => {
  const { CI, LONGHAUL_TEST_SERVERS } = process.env
  let host: Server
  let asked: string | undefined
  beforeEach(async () => {
    host = createServer((request, response) => {
      asked = request.url
      response.writeHead(503).end('no Java')
    }).listen(0, '127.0.0.1')
    await once(host, 'listening')
    const address = host.address()
    const port = typeof address === 'object' && address?.port
    process.env.LONGHAUL_TEST_SERVERS = `http://127.0.0.1:${port}`
    delete process.env.CI
  })
  afterEach(() => {
    host.close()
    host.closeAllConnections()
    if (CI !== undefined) process.env.CI = CI
    process.env.LONGHAUL_TEST_SERVERS = LONGHAUL_TEST_SERVERS
  })

  it('is told so, and named in the report', async () => {
    expect(await serverAddress('kafka')).toBeUndefined()
    expect(asked).toBe('/kafka?for=test%2Fserver-host%2Fserver-host.test.ts')
  })

  it('fails in continuous integration', async () => {
    process.env.CI = 'true'
    await expect(serverAddress('kafka')).rejects.toThrow('no kafka to test with: no Java')
  })
})
