import { expect, it } from '@jest/globals'
import { ManualClock } from '../../../test/manual-clock.ts'
import { KeptServer, type Server } from './kept-server.ts'

/** Fails `failures` times at each return; counts its starts. */
class FakeServer implements Server {
  starts = 0
  failures = 0
  running = false
  #life = Promise.withResolvers<void>()

  async start(): Promise<void> {
    this.starts += 1
    if (this.starts > 1 && this.failures-- > 0) throw new Error('the port is taken')
    this.running = true
    this.#life = Promise.withResolvers()
  }

  exited(): Promise<void> {
    return this.#life.promise
  }

  async stop(): Promise<void> {
    this.die()
  }

  die(): void {
    this.running = false
    this.#life.resolve()
  }
}

function keep(server: Server) {
  const clock = new ManualClock()
  const told: string[] = []
  let wake = () => {}
  const log = (message: string) => {
    told.push(message)
    wake()
  }
  /** Resolves once `message` was logged. */
  const hears = async (message: string) => {
    while (!told.includes(message)) {
      await new Promise<void>(resolve => {
        wake = resolve
      })
    }
  }
  return { kept: new KeptServer({ title: 'Kafka', server, clock, log }), clock, told, hears }
}

it('starts a server again that died, as often as it dies, and says so', async () => {
  const server = new FakeServer()
  const { kept, told, hears } = keep(server)
  await kept.start()

  server.die()
  await hears('Kafka is back')
  told.length = 0
  server.die()
  await hears('Kafka is back')

  expect(told).toEqual(['Kafka died; starting it again', 'Kafka is back'])
  await kept.stop()
  expect(server).toMatchObject({ running: false, starts: 3 })
})

it('tries again after growing pauses, with the reason, while it does not come up', async () => {
  const server = new FakeServer()
  server.failures = 3
  const { kept, clock, hears } = keep(server)
  await kept.start()
  server.die()

  for (const pauseMs of [250, 500, 1_000]) {
    await hears(`Kafka does not start, and is tried again in ${pauseMs} ms: the port is taken`)
    await clock.scheduled()
    clock.advance(pauseMs)
  }
  await hears('Kafka is back')
  await kept.stop()
})

it('does not start it again once it is stopped, also in a pause', async () => {
  const server = new FakeServer()
  server.failures = Number.POSITIVE_INFINITY
  const { kept, clock, hears } = keep(server)
  await kept.start()
  server.die()
  await hears('Kafka does not start, and is tried again in 250 ms: the port is taken')
  await clock.scheduled()

  await kept.stop()
  await kept.stop()

  expect(server).toMatchObject({ running: false, starts: 2 })
})

it('is stopped also when it comes up only then', async () => {
  const server = new FakeServer()
  const { kept, hears } = keep(server)
  await kept.start()
  const start = server.start.bind(server)
  const preparing = Promise.withResolvers<void>()
  server.start = async () => {
    await preparing.promise
    await start()
  }
  server.die()
  await hears('Kafka died; starting it again')

  const stopping = kept.stop()
  preparing.resolve()
  await stopping

  expect(server).toMatchObject({ running: false, starts: 2 })
})

it('is not kept when its first start fails', async () => {
  const server = new FakeServer()
  server.start = async () => {
    throw new Error('no Java')
  }
  const { kept, told } = keep(server)
  await expect(kept.start()).rejects.toThrow('no Java')
  await kept.stop()
  expect(told).toEqual([])
})
