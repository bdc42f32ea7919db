import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { describe, expect, it } from '@jest/globals'
import { freePort } from '@longhaul/embedded-postgres'
import { checkListenAddress, ListenAddressError } from './listen-address.ts'

const settings = { host: 'LONGHAUL_HOST', port: 'LONGHAUL_PORT' }

describe('an address to listen on', () => {
  it('may be used when it is free, and is free afterwards', async () => {
    const port = await freePort()
    await checkListenAddress({ host: '127.0.0.1', port }, settings)
    await checkListenAddress({ host: '127.0.0.1', port }, settings)
    await checkListenAddress({ host: '127.0.0.1', port: 0 }, settings)
  })

  it('that is taken is told with the setting that names another', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    try {
      const check = checkListenAddress({ host: '127.0.0.1', port }, settings)
      await expect(check).rejects.toThrow(ListenAddressError)
      await expect(check).rejects.toThrow(
        `port ${port} of 127.0.0.1 is taken: stop what listens there, or name another port with LONGHAUL_PORT`,
      )
    } finally {
      server.close()
    }
  })

  it('of another machine is told with the setting to correct', async () => {
    // From a block that is kept for documents.
    await expect(checkListenAddress({ host: '192.0.2.1', port: 8787 }, settings)).rejects.toThrow(
      '192.0.2.1 is no address of this machine: correct LONGHAUL_HOST',
    )
  })
})
