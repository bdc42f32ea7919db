import type { Clock } from '@longhaul/contracts'
import type { Tenant } from '@longhaul/store'
import type { Request, Response } from 'express'
import type { BodyIntake } from '../body-intake.ts'
import { noQuery, readQuery } from '../query.ts'
import { readIdempotency } from './idempotency.ts'
import type { SubmitContext } from './submitter.ts'
import { validTraceparent } from './trace-context.ts'

/** The body of a request that submits work, and what the jobs that it becomes should know of it. */
export async function receive(
  { intake, clock }: { intake: BodyIntake; clock: Clock },
  request: Request,
  response: Response,
  tenant: Tenant,
): Promise<{ bytes: Buffer; context: SubmitContext }> {
  readQuery(noQuery, request.url)
  const bytes = await intake.readJson(request, response)
  const context: SubmitContext = {
    tenantId: tenant.id,
    traceparent: validTraceparent(request.header('traceparent')),
    now: clock.now(),
    idempotency: readIdempotency(request.headers['idempotency-key'], request.path, bytes),
  }
  return { bytes, context }
}
