import { describe, expect, it } from '@jest/globals'
import { ManualClock } from '../../test/manual-clock.ts'
import { type Service, startInOrder, stopInOrder } from './lifecycle.ts'

/** Services that write down what happens to them. */
function recorder() {
  const events: string[] = []
  const service = (name: string, faults: { start?: Error; stop?: Error } = {}): Service => ({
    name,
    async start() {
      events.push(`start ${name}`)
      if (faults.start) throw faults.start
    },
    async stop() {
      events.push(`stop ${name}`)
      if (faults.stop) throw faults.stop
    },
    health: () => ({ ok: true, detail: '' }),
  })
  return { events, service }
}

describe('startInOrder', () => {
  it('starts one after the other', async () => {
    const { events, service } = recorder()
    await startInOrder([service('store'), service('bus')], { stopMs: 1_000 })
    expect(events).toEqual(['start store', 'start bus'])
  })

  it('stops what it started when one fails, the failed one first, and throws its error', async () => {
    const { events, service } = recorder()
    const services = [
      service('store'),
      service('bus'),
      service('ingress', { start: new Error('port in use') }),
      service('never'),
    ]
    await expect(startInOrder(services, { stopMs: 1_000 })).rejects.toThrow('port in use')
    expect(events).toEqual([
      'start store',
      'start bus',
      'start ingress',
      'stop ingress',
      'stop bus',
      'stop store',
    ])
  })
})

describe('stopInOrder', () => {
  it('stops in the order given', async () => {
    const { events, service } = recorder()
    const report = await stopInOrder([service('ingress'), service('store')], 1_000)
    expect(events).toEqual(['stop ingress', 'stop store'])
    expect(report.unfinished).toEqual([])
  })

  it('goes on when one fails', async () => {
    const { events, service } = recorder()
    const parts = [service('ingress', { stop: new Error('stuck') }), service('store')]
    const report = await stopInOrder(parts, 1_000)
    expect(events).toEqual(['stop ingress', 'stop store'])
    expect(report.unfinished).toEqual(['ingress'])
  })

  it('gives each part what is left of the time', async () => {
    const clock = new ManualClock()
    const budgets: number[] = []
    const taking = (ms: number) => ({
      async stop(budgetMs: number) {
        budgets.push(budgetMs)
        clock.advance(ms)
      },
    })
    const report = await stopInOrder([taking(300), taking(200), taking(0)], 1_000, { clock })
    expect(budgets).toEqual([1_000, 700, 500])
    expect(report).toEqual({ unfinished: [], elapsedMs: 500 })
  })

  it('leaves a part that hangs, and gives those behind it a last chance', async () => {
    const clock = new ManualClock()
    const budgets: number[] = []
    const hanging = { name: 'worker', stop: () => new Promise<never>(() => {}) }
    const last = {
      async stop(budgetMs: number) {
        budgets.push(budgetMs)
      },
    }
    const stopped = stopInOrder([hanging, last], 1_000, { clock })
    await clock.scheduled()
    clock.advance(1_000)
    expect((await stopped).unfinished).toEqual(['worker'])
    expect(budgets).toEqual([250])
  })

  it('takes parts without a name', async () => {
    const failing = { stop: () => Promise.reject(new Error('x')) }
    expect((await stopInOrder([failing], 100)).unfinished).toEqual(['part 1'])
  })
})
