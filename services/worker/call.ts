import type { Clock, JobMessage } from '@longhaul/contracts'
import type { CallOutcome, Coordination } from '@longhaul/coordination'
import type { OnChunk, Provider, ProviderResult } from '@longhaul/providers'
import type { AttemptRecord } from '@longhaul/store'
import type { Telemetry } from '@longhaul/telemetry'
import type { Slot } from './deployments.ts'
import { withEstimatedUsage } from './estimated-usage.ts'
import { holdAfter, outcomeOf } from './failure-policy.ts'

export interface CallDependencies {
  provider: Provider
  coordination: Coordination
  telemetry: Telemetry
  clock: Clock
  random: () => number
}

export interface CallReport {
  result: ProviderResult
  attempt: AttemptRecord
}

/** One call of one deployment: frees the slot, tells the breaker, counts. */
export async function callDeployment(
  dependencies: CallDependencies,
  slot: Slot,
  message: JobMessage,
  body: Record<string, unknown>,
  signal: AbortSignal,
  onChunk?: OnChunk,
): Promise<CallReport> {
  const { provider, coordination, telemetry, clock } = dependencies
  const { key } = slot.deployment
  const startedAt = clock.now()
  const end = coordination.live.begin(key, message.lane)
  telemetry.metrics.providerCallsInFlight.add(1, { deployment: key })
  let result: ProviderResult
  try {
    const traceparent = message.traceparent ?? undefined
    const request = { endpoint: message.endpoint, body, ...(traceparent && { traceparent }) }
    result = await provider.complete(request, slot.deployment, signal, onChunk)
  } catch (error) {
    // A provider never throws for what the other side does, so this is a fault of ours.
    telemetry.logger.error({ err: error, deployment: key, jobId: message.jobId }, 'provider threw')
    result = {
      ok: false,
      kind: 'unavailable',
      detail: String(error),
      status: undefined,
      retryAfterMs: undefined,
    }
  }
  const finishedAt = clock.now()
  telemetry.metrics.providerCallsInFlight.add(-1, { deployment: key })
  end(liveEnd(result, finishedAt - startedAt))
  tellDeployment(dependencies, slot, result)
  slot.free()
  if (result.ok && !result.usage) {
    try {
      result = await withEstimatedUsage(result, message.endpoint, body, slot.deployment)
    } catch (error) {
      telemetry.logger.warn({ err: error, jobId: message.jobId }, 'the tokens were not counted')
    }
  }
  const attempt = attemptOf(slot, result, startedAt, finishedAt)
  count(telemetry, slot.deployment.model, attempt)
  return { result, attempt }
}

function tellDeployment(dependencies: CallDependencies, slot: Slot, result: ProviderResult): void {
  if (!result.ok) {
    const { random, clock, coordination, telemetry } = dependencies
    const { key } = slot.deployment
    if (result.kind === 'credentials') {
      const refused = { deployment: key, status: result.status }
      telemetry.logger.warn(refused, 'the provider refuses the credentials; its jobs wait')
    }
    const hold = holdAfter(result, { now: clock.now(), random })
    if (hold) coordination.breakers.holdUntil(key, hold.until, hold.reason)
    if (hold && result.kind === 'rate-limited') slot.refused(hold.until)
  }
  slot.permit.settle(breakerOutcome(result))
}

/** What the caller did wrong says that the deployment works. */
function breakerOutcome(result: ProviderResult): CallOutcome {
  if (result.ok) return 'success'
  switch (result.kind) {
    case 'unavailable':
      return 'failure'
    case 'aborted':
    case 'rate-limited':
    case 'credentials':
      return 'neutral'
    default:
      return 'success'
  }
}

function liveEnd(result: ProviderResult, latencyMs: number) {
  if (result.ok) return { ok: true, latencyMs }
  return result.kind === 'unavailable' ? { ok: false, latencyMs } : ('neutral' as const)
}

function attemptOf(
  slot: Slot,
  result: ProviderResult,
  startedAt: number,
  finishedAt: number,
): AttemptRecord {
  const paid = result.ok && result.paid ? result.paid : result
  return {
    model: slot.deployment.model,
    deployment: slot.deployment.key,
    startedAt,
    finishedAt,
    outcome: result.ok ? 'succeeded' : outcomeOf(result.kind),
    httpStatus: result.status ?? null,
    error: result.ok ? null : result.detail,
    usage: paid.usage ?? null,
    costUsd: paid.costUsd ?? null,
  }
}

function count(telemetry: Telemetry, model: string, attempt: AttemptRecord): void {
  const { metrics } = telemetry
  const { deployment, usage } = attempt
  metrics.providerCalls.add(1, { deployment, outcome: attempt.outcome })
  metrics.providerCallDuration.record((attempt.finishedAt - attempt.startedAt) / 1_000, {
    deployment,
  })
  if (usage) {
    metrics.tokens.add(usage.input_tokens, { direction: 'input', model })
    metrics.tokens.add(usage.output_tokens, { direction: 'output', model })
    if (usage.cached_input_tokens)
      metrics.tokens.add(usage.cached_input_tokens, { direction: 'cached_input', model })
    if (usage.reasoning_tokens)
      metrics.tokens.add(usage.reasoning_tokens, { direction: 'reasoning', model })
  }
  if (attempt.costUsd) metrics.costUsd.add(attempt.costUsd, { model })
}
