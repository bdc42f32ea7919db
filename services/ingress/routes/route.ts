import type { Clock } from '@longhaul/contracts'
import type { SubmissionReader } from '@longhaul/intake'
import { parseJson } from '@longhaul/intake'
import type { LiveView, Router } from '@longhaul/routing'
import type { Tenant } from '@longhaul/store'
import type { Request, Response } from 'express'
import { sendJson } from '../answer.ts'
import type { BodyIntake } from '../body-intake.ts'
import { noQuery, readQuery } from '../query.ts'

export interface RouteDependencies {
  intake: BodyIntake
  reader: SubmissionReader
  router: Router
  live: LiveView
  clock: Clock
  /** Uniform, in [0, 1). */
  random: () => number
}

/** `POST /v1/route`: what would be decided now. Nothing is recorded, and nothing called. */
export async function decideRoute(
  { intake, reader, router, live, clock, random }: RouteDependencies,
  { request, response, tenant }: { request: Request; response: Response; tenant: Tenant },
): Promise<void> {
  readQuery(noQuery, request.url)
  const bytes = await intake.readJson(request, response)
  const now = clock.now()
  const submission = reader.read(parseJson(bytes), now)
  const { record, failure } = router.decide(
    {
      endpoint: submission.endpoint,
      body: submission.body,
      bodyBytes: submission.bodyBytes,
      lane: submission.lane,
      tenantId: tenant.id,
      metadata: submission.metadata ?? {},
      deadlineAt: submission.deadlineAt ?? undefined,
      exclusions: [],
      preferred: [],
      constraints: submission.options?.constraints,
    },
    live,
    {
      policy: submission.policy,
      requestedModel: submission.requestedModel,
      number: 1,
      now,
      random,
    },
  )
  const answer = { object: 'decision', ...record, error: failure ?? null }
  sendJson(response, 200, JSON.stringify(answer))
}
