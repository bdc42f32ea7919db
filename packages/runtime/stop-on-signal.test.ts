import { type ChildProcess, spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { createInterface } from 'node:readline'
import { afterEach, describe, expect, it } from '@jest/globals'
import { type StopOnSignalOptions, stopOnSignal } from './stop-on-signal.ts'

function harness() {
  const source = new EventEmitter()
  const exits: number[] = []
  const stops: string[] = []
  const part = (name: string, done: Promise<void> = Promise.resolve()) => ({
    name,
    stop() {
      stops.push(name)
      return done
    },
  })
  const options: StopOnSignalOptions = { source, exit: code => exits.push(code) }
  return { source, exits, stops, part, options }
}

describe('stopOnSignal', () => {
  it('does nothing until a signal comes', async () => {
    const { source, stops, part, options } = harness()
    const stopped = stopOnSignal([part('ingress')], 1_000, options)
    expect(stops).toEqual([])
    source.emit('SIGTERM')
    await stopped
    expect(stops).toEqual(['ingress'])
  })

  it.each(['SIGINT', 'SIGTERM'])(
    'stops the parts in order at %s and exits with 0',
    async signal => {
      const { source, exits, stops, part, options } = harness()
      const stopped = stopOnSignal([part('ingress'), part('store')], 1_000, options)
      source.emit(signal)
      expect((await stopped).unfinished).toEqual([])
      expect(stops).toEqual(['ingress', 'store'])
      expect(exits).toEqual([0])
    },
  )

  it('exits with 1 when a part does not stop', async () => {
    const { source, exits, options } = harness()
    const failing = { name: 'store', stop: () => Promise.reject(new Error('stuck')) }
    const stopped = stopOnSignal([failing], 1_000, options)
    source.emit('SIGTERM')
    expect((await stopped).unfinished).toEqual(['store'])
    expect(exits).toEqual([1])
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])('exits at once at a second signal, %s', async (signal, code) => {
    const { source, exits, stops, part, options } = harness()
    const { promise, resolve } = Promise.withResolvers<void>()
    const stopped = stopOnSignal([part('worker', promise)], 1_000, options)
    source.emit('SIGTERM')
    source.emit(signal)
    expect(exits).toEqual([code])
    resolve()
    await stopped
    expect(stops).toEqual(['worker'])
  })

  it('leaves no listener behind', async () => {
    const { source, part, options } = harness()
    const stopped = stopOnSignal([part('system')], 1_000, options)
    source.emit('SIGINT')
    await stopped
    expect(source.listenerCount('SIGINT') + source.listenerCount('SIGTERM')).toBe(0)
  })
})

describe('a real process', () => {
  const children: ChildProcess[] = []
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
  })

  function start(stopMs: number) {
    const module = new URL('./stop-on-signal.ts', import.meta.url).href
    const script = `
      import { stopOnSignal } from ${JSON.stringify(module)}
      const held = setInterval(() => {}, 1000) // a server would hold the process like this
      const part = { name: 'part', stop: () => new Promise(done => {
        console.log('stopping')
        setTimeout(done, ${stopMs})
      }) }
      const stopped = stopOnSignal([part], 600_000)
      console.log('ready')
      await stopped
    `
    const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
      cwd: new URL('.', import.meta.url).pathname,
    })
    children.push(child)
    return child
  }

  it('ends with 0 after an orderly stop', async () => {
    const child = start(10)
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
    await lines.next()
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
  })

  it('ends at once at the second signal', async () => {
    const child = start(600_000)
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
    await lines.next()
    child.kill('SIGINT')
    await lines.next()
    child.kill('SIGINT')
    expect(await once(child, 'exit')).toEqual([130, null])
  })
})
