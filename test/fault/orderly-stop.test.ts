import { describe, expect, it } from '@jest/globals'
import { stopOrderly } from './orderly-stop.ts'

describe('the embedded process, stopped under load', () => {
  it('ends in time with nothing left running, and the next start finishes all', async () => {
    const report = await stopOrderly({ jobs: 1_000, seed: Date.now() % 1_000_000 })

    expect(report).toMatchObject({ violations: [] })
  }, 600_000)
})
