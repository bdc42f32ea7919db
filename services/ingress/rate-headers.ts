import type { ServerResponse } from 'node:http'
import type { BodyIntake } from './body-intake.ts'
import { type JobWatch, MAX_WATCHERS } from './job-watch.ts'

const BYTES_PER_TOKEN = 4

/**
 * `x-ratelimit-*`: what this process takes at a time before it answers 503,
 * which is the only thing that it refuses; whatever a model or a tenant cannot
 * have now waits in the queue. Requests are those that wait for an answer;
 * tokens are the bytes of bodies in hand, four to a token. What is used is free
 * again once its answer is out, so the reset is at most a second.
 */
export function setRateHeaders(
  response: ServerResponse,
  { watch, intake }: { watch: JobWatch; intake: BodyIntake },
): void {
  const limits = {
    requests: { limit: MAX_WATCHERS, used: watch.count },
    tokens: {
      limit: Math.floor(intake.maxTotalBytes / BYTES_PER_TOKEN),
      used: Math.ceil(intake.heldBytes / BYTES_PER_TOKEN),
    },
  }
  for (const [kind, { limit, used }] of Object.entries(limits)) {
    const remaining = Math.max(0, limit - used)
    response.setHeader(`x-ratelimit-limit-${kind}`, String(limit))
    response.setHeader(`x-ratelimit-remaining-${kind}`, String(remaining))
    response.setHeader(`x-ratelimit-reset-${kind}`, remaining > 0 ? '0s' : '1s')
  }
}
