import type { LookupAddress } from 'node:dns'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createReceiverPolicy } from '@longhaul/runtime'
import { ManualClock } from '../../test/manual-clock.ts'
import { headArrives } from '../../test/undici-signals.ts'
import { statuses, WebhookReceiver } from '../../test/webhook-receiver.ts'
import { type Answer, ReceiverClient } from './receiver-client.ts'

const TIMEOUT_MS = 20_000

describe('ReceiverClient', () => {
  let clock: ManualClock
  let receiver: WebhookReceiver
  let client: ReceiverClient
  let aborting: AbortController

  beforeEach(async () => {
    clock = new ManualClock()
    receiver = await WebhookReceiver.listen()
    client = clientOf(['127.0.0.1'])
    aborting = new AbortController()
  })
  afterEach(async () => {
    await client.stop()
    await receiver.close()
  })

  function clientOf(allow: string[], answers?: LookupAddress[]): ReceiverClient {
    const receiverPolicy = createReceiverPolicy(
      allow,
      answers && { resolve: (_host, _options, callback) => setImmediate(callback, null, answers) },
    )
    return new ReceiverClient(
      { receiverPolicy, clock },
      { timeoutMs: TIMEOUT_MS, concurrency: 4, userAgent: 'Longhaul/test' },
    )
  }

  const post = (url = receiver.url): Promise<Answer> =>
    client.post(url, { 'webhook-id': 'evt_1' }, '{"a":"ü"}', aborting.signal)

  it('posts the body as JSON, with the headers given', async () => {
    expect(await post(`${receiver.url}/a?b=c#d`)).toEqual({
      kind: 'answered',
      status: 204,
      retryAfterMs: undefined,
    })
    expect(receiver.deliveries).toMatchObject([
      {
        path: '/hooks/a?b=c',
        body: '{"a":"ü"}',
        headers: {
          'content-type': 'application/json',
          'user-agent': 'Longhaul/test',
          'webhook-id': 'evt_1',
          host: `127.0.0.1:${receiver.port}`,
        },
      },
    ])
  })

  it.each([301, 302, 303, 307, 308])('does not follow %i', async status => {
    receiver.respond = response => response.writeHead(status, { location: receiver.url }).end()

    expect(await post()).toMatchObject({ kind: 'answered', status })
    expect(receiver.deliveries).toHaveLength(1)
  })

  it('reads Retry-After', async () => {
    receiver.respond = response => response.writeHead(503, { 'retry-after': '7' }).end()

    expect(await post()).toEqual({ kind: 'answered', status: 503, retryAfterMs: 7_000 })
  })

  describe('an answer', () => {
    it('of many megabytes is not read to its end', async () => {
      let sent = 0
      receiver.respond = response => {
        response.writeHead(200)
        const chunk = Buffer.alloc(64 * 1024)
        const send = () => {
          while (sent < 1024 * 1024 * 1024 && !response.destroyed) {
            sent += chunk.length
            if (!response.write(chunk)) return response.once('drain', send)
          }
          return response.end()
        }
        send()
      }

      expect(await post()).toMatchObject({ kind: 'answered', status: 200 })
      expect(sent).toBeLessThan(64 * 1024 * 1024)
    })

    it('that never ends is cut, and counts', async () => {
      receiver.respond = response => response.writeHead(200).write('more to come')
      const head = headArrives()
      const answer = post()
      await head
      await passing(answer, 2_000)

      expect(await answer).toMatchObject({ kind: 'answered', status: 200 })
    })

    it('that breaks off after its head counts', async () => {
      receiver.respond = response => {
        response.writeHead(200, { 'content-length': '10' })
        response.write('half', () => response.destroy())
      }

      expect(await post()).toMatchObject({ kind: 'answered', status: 200 })
    })

    it('that does not come is waited for as long as configured', async () => {
      receiver.respond = () => {}
      const answer = post()
      await receiver.received(1)
      clock.advance(TIMEOUT_MS - 1)
      await new Promise(resolve => setImmediate(resolve))
      clock.advance(1)

      expect(await answer).toEqual({
        kind: 'unreachable',
        detail: `no answer within ${TIMEOUT_MS} ms`,
      })
    })

    it('is not waited for once the caller gives up', async () => {
      receiver.respond = () => aborting.abort()

      expect(await post()).toEqual({ kind: 'aborted' })
    })
  })

  it('tells why a receiver cannot be reached', async () => {
    const { url } = receiver
    await receiver.close()
    expect(await post(url)).toEqual({ kind: 'unreachable', detail: 'ECONNREFUSED' })
    receiver = await WebhookReceiver.listen()

    receiver.respond = response => response.destroy()
    expect(await post()).toMatchObject({ kind: 'unreachable' })
  })

  it('tells of a receiver that does not speak HTTP', async () => {
    const server: Server = createServer(socket => socket.end('SSH-2.0-OpenSSH\r\n'))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : 0

    expect(await post(`http://127.0.0.1:${port}/`)).toMatchObject({ kind: 'unreachable' })
    server.close()
  })

  describe('refuses', () => {
    it.each([
      'http://localhost:{port}/',
      'http://[::ffff:127.0.0.1]:{port}/',
      'http://2130706433:{port}/',
      'http://169.254.169.254/',
      'ftp://127.0.0.1/',
    ])('%s by what it says', async pattern => {
      await client.stop()
      client = clientOf([])

      const url = pattern.replace('{port}', String(receiver.port))
      expect(await post(url)).toMatchObject({ kind: 'refused' })
      expect(receiver.deliveries).toEqual([])
    })

    it.each([
      ['alone', [{ address: '127.0.0.1', family: 4 }]],
      [
        'beside a public one',
        [
          { address: '8.8.8.8', family: 4 },
          { address: '127.0.0.1', family: 4 },
        ],
      ],
    ])('a name that resolves to a private address %s', async (_, answers) => {
      await client.stop()
      client = clientOf([], answers)

      expect(await post(`http://hooks.example.com:${receiver.port}/`)).toEqual({
        kind: 'refused',
        detail: 'hooks.example.com resolves to 127.0.0.1, which is not a public address',
      })
      expect(receiver.deliveries).toEqual([])
    })
  })

  it.each([[['127.0.0.0/8']], [['hooks.corp']], [['*.corp']]])(
    'reaches a name whose answers %j allows',
    async allow => {
      await client.stop()
      client = clientOf(allow, [{ address: '127.0.0.1', family: 4 }])

      expect(await post(`http://hooks.corp:${receiver.port}/`)).toMatchObject({ status: 204 })
    },
  )

  it('uses connections again', async () => {
    const ports = new Set<number | undefined>()
    receiver.respond = response => {
      ports.add(response.socket?.remotePort)
      response.end('done')
    }
    for (let request = 0; request < 10; request += 1) await post()

    expect(ports.size).toBeLessThanOrEqual(2)
  })

  it('keeps apart what runs at the same time', async () => {
    receiver.respond = statuses(200, 500, 404, 204)
    const answers = await Promise.all(Array.from({ length: 4 }, () => post()))

    expect(answers.map(answer => (answer.kind === 'answered' ? answer.status : 0)).sort()).toEqual([
      200, 204, 404, 500,
    ])
  })

  /** Moves the time on in small steps until it is over. */
  async function passing(until: Promise<unknown>, ms: number): Promise<void> {
    let over = false
    void until.then(() => {
      over = true
    })
    for (let passed = 0; passed <= ms && !over; passed += 100) {
      await new Promise(resolve => setTimeout(resolve, 2))
      clock.advance(100)
    }
  }
})
