import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, it } from '@jest/globals'
import { EnduringConnector } from './enduring-connector.ts'

it('keeps listening to a socket that has failed once', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const connector = new EnduringConnector({ host: '127.0.0.1', port })
  const stream = await connector.connect(() => {})
  await once(stream, 'connect')

  expect(stream.emit('error', new Error('not trusted'))).toBe(true)
  expect(connector.firstError).toMatchObject({ message: 'not trusted' })
  expect(stream.emit('error', new Error('alert of the server'))).toBe(true) // throws without a listener
  stream.destroy()
  server.close()
})
