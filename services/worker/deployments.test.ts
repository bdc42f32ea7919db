import { expect, it } from '@jest/globals'
import { modelSchema } from '@longhaul/contracts'
import { openMemoryCoordination } from '@longhaul/coordination'
import { BREAKER } from '../../test/conformance/coordination/surroundings.ts'
import { ManualClock } from '../../test/manual-clock.ts'
import { Deployments } from './deployments.ts'

it('tells of a turn that comes while it is being asked for, so that nobody waits for it in vain', async () => {
  const clock = new ManualClock()
  const coordination = await openMemoryCoordination({ clock, breaker: BREAKER })
  const model = modelSchema.parse({
    context_window: 1_000,
    price: { input: 1, output: 1 },
    deployments: { main: { provider: 'openai-compatible', base_url: 'http://127.0.0.1:1/v1' } },
  })
  const deployments = new Deployments('limited', model, { coordination, clock })
  deployments.acquire()?.refused(clock.now())
  clock.advance(1_000)
  expect(deployments.acquire()).toBeDefined()
  const since = clock.now()
  expect(deployments.acquire()).toBeUndefined()

  clock.advance(1_000)
  expect(deployments.nextTurnAfter(since)).toBeGreaterThan(since)
  expect(deployments.nextTurnAfter(clock.now())).toBeUndefined()
  await coordination.stop()
})
