import { describe, expect, it } from '@jest/globals'
import { killPostgres } from './postgres-kill.ts'

describe('PostgreSQL, killed twice under load', () => {
  it('is answered for by 503 while it is away, and all recovers without a restart', async () => {
    const report = await killPostgres({ jobs: 2_000, seed: Date.now() % 1_000_000 })

    expect(report).toMatchObject({ violations: [] })
  }, 600_000)
})
