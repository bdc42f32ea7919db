// The process that holds the servers of a test run. It ends with its standard
// input, and so with the test runner, however that one ends.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { ServerHost } from './server-host.ts'
import { serverKinds } from './sources.ts'

const host = new ServerHost()

/** `GET /kafka?for=FILE` answers the address, or 503 and why there is none; `GET /left-out` the report. */
const http = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
  const kind = serverKinds.find(kind => `/${kind}` === pathname)
  if (!kind) return response.end(JSON.stringify(host.leftOut))
  host.address(kind, searchParams.get('for') ?? 'a test').then(
    address => response.end(address),
    (error: Error) => response.writeHead(503).end(error.message),
  )
})
http.listen(0, '127.0.0.1')
await once(http, 'listening')
const address = http.address()
if (address === null || typeof address === 'string') throw new Error('no port')
console.log(`http://127.0.0.1:${address.port}`)

process.stdin.resume()
await once(process.stdin, 'end')
http.close()
http.closeAllConnections()
await host.stop()
process.exit()
