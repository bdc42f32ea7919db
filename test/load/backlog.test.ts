import { expect, it } from '@jest/globals'
import { runBacklog } from './backlog-run.ts'

const JOBS = 2_000
const MOST_BYTES = 400_000_000

// The speeds are for `npm run bench:backlog`, on a machine that does nothing else.
it('jobs that wait in Postgres, and all fall due at once, take little memory and all end well', async () => {
  const figures = await runBacklog({ jobs: JOBS })
  expect(figures.succeeded).toBe(JOBS)
  expect(Math.max(...Object.values(figures.peakBytes))).toBeLessThan(MOST_BYTES)
}, 180_000)
