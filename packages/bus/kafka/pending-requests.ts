import { createRequire } from 'node:module'

/** What of kafkajs' queue of requests, one per connection, this needs to know. */
interface RequestQueue {
  readonly pending: readonly unknown[]
  scheduleCheckPendingRequests(): void
}

/**
 * Keeps kafkajs 2.2.4 from looking for requests that wait when none do. By
 * itself it looks once a millisecond, on every connection, as long as that
 * lasts: a timer of less than nothing, after which it sets the next
 * (tulios/kafkajs#1704, #1751). A service that did nothing used 3 % of a core
 * for it, and a busy one paid at each turn of its event loop.
 *
 * Nothing gets stuck: who adds a request to those that wait has it scheduled,
 * and a request that ends looks by itself.
 */
export function onlyCheckWhatIsPending(): void {
  const require = createRequire(import.meta.url)
  const { prototype } = require('kafkajs/src/network/requestQueue') as { prototype: RequestQueue }
  const schedule = prototype.scheduleCheckPendingRequests
  prototype.scheduleCheckPendingRequests = function () {
    if (this.pending.length > 0) schedule.call(this)
  }
}
