import { createRequire } from 'node:module'
import { afterEach, describe, expect, it } from '@jest/globals'
import { onlyCheckWhatIsPending } from './pending-requests.ts'

/** Of kafkajs' queue of requests, what these tests touch. */
interface RequestQueue {
  pending: unknown[]
  throttleCheckTimeoutId: unknown
  push(request: object): void
  checkPendingRequests(): void
  fulfillRequest(response: object): void
  destroy(): void
}

const load = createRequire(import.meta.url)
const Queue = load('kafkajs/src/network/requestQueue') as new (options: object) => RequestQueue

const logger = { debug() {}, warn() {} }

describe('the requests of a connection of kafkajs', () => {
  let queue: RequestQueue
  const open = () => {
    onlyCheckWhatIsPending()
    queue = new Queue({ maxInFlightRequests: 1, requestTimeout: 1_000, logger })
  }
  afterEach(() => queue.destroy())

  const sent: number[] = []
  const request = (correlationId: number) => ({
    entry: { correlationId, resolve() {}, reject() {} },
    expectResponse: true,
    sendRequest: () => sent.push(correlationId),
  })

  it('are not looked for again while none waits', () => {
    open()
    queue.checkPendingRequests()
    expect(queue.throttleCheckTimeoutId).toBeNull()
  })

  it('are looked for while one waits, and go when the one before has its answer', () => {
    open()
    queue.push(request(1))
    queue.push(request(2))
    expect(sent).toEqual([1])
    expect(queue.throttleCheckTimeoutId).not.toBeNull()
    queue.fulfillRequest({ correlationId: 1, payload: Buffer.alloc(0), size: 0 })
    expect(sent).toEqual([1, 2])
  })
})
