import type { JobStatus } from '@longhaul/contracts'

/**
 * A condition on the status of `jobs j` for rows that are found by their id. The
 * plain one would let the planner read a whole partial index (all queued jobs)
 * and join the ids to it, which it takes for cheap while the queue was empty at
 * its last look.
 */
export function statusIs(status: JobStatus): string {
  return `(j.status || '') = '${status}'`
}
