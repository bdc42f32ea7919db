import type { Clock } from '@longhaul/contracts'
import type { SubmissionReader } from '@longhaul/intake'
import { parseJson, routingRequestOf } from '@longhaul/intake'
import type { LiveView, Router } from '@longhaul/routing'
import type { Conversations, PolicyHoldings, Semantics } from '@longhaul/runtime'
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
  semantics: Semantics
  holdings: PolicyHoldings
  conversations: Conversations
  clock: Clock
  /** Uniform, in [0, 1). */
  random: () => number
}

/**
 * `POST /v1/route`: what would be decided now. Nothing is recorded, and no model
 * called but the embeddings model of a semantic policy.
 */
export async function decideRoute(
  dependencies: RouteDependencies,
  { request, response, tenant }: { request: Request; response: Response; tenant: Tenant },
): Promise<void> {
  const { intake, reader, router, live, semantics, holdings, conversations, clock, random } =
    dependencies
  readQuery(noQuery, request.url)
  const bytes = await intake.readJson(request, response)
  const submission = reader.read(parseJson(bytes), clock.now())
  const { policy, requestedModel } = submission
  const lastTurn = await conversations.lastTurn({ ...submission, tenantId: tenant.id })
  const asked = { ...routingRequestOf(submission, tenant.id), lastTurn }
  const question = router.semanticQuestion(asked, { policy, requestedModel })
  const nearness = question && (await semantics.nearness(question))
  await holdings.look()
  const { record, failure } = router.decide(asked, live, {
    policy,
    requestedModel,
    number: 1,
    now: clock.now(),
    random,
    nearness,
    holdings,
  })
  const answer = { object: 'decision', ...record, error: failure ?? null }
  sendJson(response, 200, JSON.stringify(answer))
}
