import { expect, it } from '@jest/globals'
import { freePort } from '@longhaul/embedded-postgres'
import { ManualClock } from '../../test/manual-clock.ts'
import { openKafkaBus } from './kafka.ts'

it('opens, asks for topics and consumes without waiting for a broker that refuses connections', async () => {
  const clock = new ManualClock()
  const bus = await openKafkaBus({
    brokers: [`127.0.0.1:${await freePort()}`],
    clientId: 'late',
    publishTimeoutMs: 500,
    clock,
  })
  // No time passes, so that a wait would be for ever.
  await bus.ensureTopics(['jobs.submitted'])
  const subscription = await bus.consume({
    topics: ['jobs.submitted'],
    group: 'router',
    window: 1,
    versions: [1],
    handle() {},
  })
  expect(bus.health()).toMatchObject({ ok: false, detail: expect.stringContaining('ECONNREFUSED') })
  await subscription.stop(0)
  await bus.stop()
})
