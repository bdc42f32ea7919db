import { describe, expect, it } from '@jest/globals'
import { pullThePlug } from './plug.ts'

describe('the embedded process, killed five times under load', () => {
  it('loses nothing, records nothing twice and repeats only what was in flight', async () => {
    const report = await pullThePlug({ jobs: 2_000, seed: Date.now() % 1_000_000 })

    expect(report).toMatchObject({ violations: [] })
  }, 600_000)
})
