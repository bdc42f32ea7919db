import { afterEach, describe, expect, it } from '@jest/globals'
import { Pipeline, simulated } from '../pipeline.ts'

const KIBIBYTE = 1024

let pipeline: Pipeline | undefined
afterEach(async () => {
  await pipeline?.close()
  pipeline = undefined
})

describe('prompts that have no room on the bus together', () => {
  it('are called at the same time all the same, each published once', async () => {
    pipeline = await Pipeline.open({
      bus: { maxBytesPerTopic: 256 * KIBIBYTE },
      config: simulator => ({ models: { one: simulated(simulator) } }),
    })
    const { simulator } = pipeline
    simulator.script('one', { failures: [{ fault: { kind: 'hang' }, rate: 1 }] })
    const text = 'word '.repeat(8 * KIBIBYTE)
    for (let number = 0; number < 20; number += 1) await pipeline.submit(`[[${number}]] ${text}`)
    await simulator.waitFor(calls => calls.inFlight === 20)
    const [jobs] = await pipeline.query<{ most: number }>(
      'SELECT max(dispatches) AS most FROM jobs',
    )
    expect(jobs?.most).toBe(1)
    const texts = Array.from({ length: 20 }, (_, number) => simulator.callsOf(`${number}`))
    expect(texts).toEqual(texts.map(() => 1))
  })
})
