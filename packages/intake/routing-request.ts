import type { RoutingRequest } from '@longhaul/contracts'
import type { Submission } from './submission.ts'

/** What a decision goes by, for work that was submitted and not routed before. */
export function routingRequestOf(submission: Submission, tenantId: string): RoutingRequest {
  return {
    endpoint: submission.endpoint,
    body: submission.body,
    bodyBytes: submission.bodyBytes,
    lane: submission.lane,
    tenantId,
    metadata: submission.metadata ?? {},
    deadlineAt: submission.deadlineAt ?? undefined,
    exclusions: [],
    preferred: [],
    constraints: submission.options?.constraints,
  }
}
