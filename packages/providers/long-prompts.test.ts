import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, describe, expect, it } from '@jest/globals'
import {
  answerJson,
  answerStream,
  chatRequest,
  completion,
  never,
  openServer,
  openTestProvider,
  testDeployment,
} from './test-deployment.ts'

/** Longer than what a connection takes at once, and of more bytes than characters. */
const LONG = 'Zwölf Boxkämpfer jagen Viktor. '.repeat(500_000)
const longRequest = () => chatRequest({ messages: [{ role: 'user', content: LONG }] })

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Of Buffers, in bytes: what is garbage goes in the background, and when writes have ended. */
async function leastKept(before: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let looks = 0; looks < 100 && least > 0; looks += 1) {
    collectGarbage()
    await nextTurn()
    least = Math.min(least, process.memoryUsage().arrayBuffers - before)
  }
  return least
}

/** Never answers. */
async function openSilentServer(meet: (socket: Socket) => void) {
  const sockets: Socket[] = []
  const server = createServer(socket => {
    sockets.push(socket)
    meet(socket.on('error', () => {}))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const close = () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
  return { server, sockets, origin: `http://127.0.0.1:${port}`, close }
}

/** Takes in what is sent. */
async function openTakingServer() {
  let bytes = 0
  const { server, origin, close } = await openSilentServer(socket =>
    socket.on('data', ({ length }) => {
      bytes += length
      server.emit('taken')
    }),
  )
  const took = async (wanted: number) => {
    while (bytes < wanted) await once(server, 'taken')
  }
  return { origin, took, close }
}

/** Reads nothing of what is sent. */
const openDeafServer = () => openSilentServer(socket => socket.pause())

describe('a long prompt', () => {
  let deaf: Awaited<ReturnType<typeof openDeafServer>> | undefined

  afterEach(() => {
    deaf?.close()
    deaf = undefined
  })

  it('arrives whole, with its length, call after call on one connection', async () => {
    const server = await openServer(answerJson(200, completion))
    const provider = openTestProvider()
    const deployment = testDeployment(server.origin, { max_concurrency: 1 })
    for (let call = 0; call < 3; call += 1) {
      expect(await provider.complete(longRequest(), deployment, never)).toMatchObject({ ok: true })
    }
    for (const { headers, body } of server.calls) {
      expect(body.messages).toEqual([{ role: 'user', content: LONG }])
      expect(headers['transfer-encoding']).toBeUndefined()
      expect(Number(headers['content-length'])).toBeGreaterThan(Buffer.byteLength(LONG))
    }
    expect({ calls: server.calls.length, connections: server.connections }).toEqual({
      calls: 3,
      connections: 1,
    })
  })

  it('arrives whole when the answer is streamed', async () => {
    const server = await openServer(answerStream([{ choices: [{ delta: { content: 'Hi' } }] }]))
    const chunks: string[] = []
    await openTestProvider().complete(longRequest(), testDeployment(server.origin), never, chunk =>
      chunks.push(chunk),
    )
    expect(server.calls[0]?.body.messages).toEqual([{ role: 'user', content: LONG }])
    expect(chunks).toHaveLength(1)
  })

  it('is no bytes in memory any more while its model thinks', async () => {
    const server = await openTakingServer()
    const provider = openTestProvider()
    const calls = 8
    const deployment = testDeployment(server.origin, { max_concurrency: calls })
    const request = longRequest()
    const bytes = Buffer.byteLength(JSON.stringify(request.body))
    collectGarbage()
    const before = process.memoryUsage().arrayBuffers
    const answers = Array.from({ length: calls }, () =>
      provider.complete(request, deployment, never),
    )
    await server.took(calls * bytes)
    expect(await leastKept(before)).toBeLessThan(bytes)
    server.close()
    await Promise.all(answers)
  })

  it('ends with its call when that is aborted half-way', async () => {
    deaf = await openDeafServer()
    const controller = new AbortController()
    const deployment = testDeployment(deaf.origin)
    const call = openTestProvider().complete(longRequest(), deployment, controller.signal)
    const [socket] = (await once(deaf.server, 'connection')) as [Socket]
    controller.abort()
    expect(await call).toMatchObject({ ok: false, kind: 'aborted' })
    socket.resume()
    await once(socket, 'close')
  })

  it('ends with a call that never had a connection', async () => {
    deaf = await openDeafServer()
    const provider = openTestProvider()
    const deployment = testDeployment(deaf.origin, { max_concurrency: 1 })
    const first = new AbortController()
    const second = new AbortController()
    const running = provider.complete(longRequest(), deployment, first.signal)
    await once(deaf.server, 'connection')
    const waiting = provider.complete(longRequest(), deployment, second.signal)
    second.abort()
    expect(await waiting).toMatchObject({ kind: 'aborted' })
    first.abort()
    expect(await running).toMatchObject({ kind: 'aborted' })
    expect(deaf.sockets).toHaveLength(1)
  })

  it('is unavailable when the connection breaks while it is sent', async () => {
    deaf = await openDeafServer()
    const call = openTestProvider().complete(longRequest(), testDeployment(deaf.origin), never)
    const [socket] = (await once(deaf.server, 'connection')) as [Socket]
    socket.resetAndDestroy()
    expect(await call).toMatchObject({ ok: false, kind: 'unavailable' })
  })
})
