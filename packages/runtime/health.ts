import type { Clock } from '@longhaul/contracts'

/** How one part fares; `detail` is for people and holds no secret. */
export interface HealthReport {
  ok: boolean
  detail: string
}

export interface HealthPart {
  readonly name: string
  /** Shown, but the process is ready without it; default: false. */
  readonly advisory?: boolean
  health(): HealthReport | Promise<HealthReport>
}

export interface Readiness {
  ready: boolean
  parts: Record<string, HealthReport>
}

export interface ReadinessOptions {
  clock: Clock
  /** A part that takes longer counts as failing; default 1,000. */
  timeoutMs?: number
}

const DEFAULT_TIMEOUT_MS = 1_000

/**
 * Asks all parts at once, each bounded in time; never rejects. Callers that
 * come while it is under way share the answer, so that probes cannot pile up.
 */
export function readinessOf(
  parts: readonly HealthPart[],
  options: ReadinessOptions,
): () => Promise<Readiness> {
  let underWay: Promise<Readiness> | undefined
  return () => {
    underWay ??= ask(parts, options).finally(() => {
      underWay = undefined
    })
    return underWay
  }
}

async function ask(parts: readonly HealthPart[], options: ReadinessOptions): Promise<Readiness> {
  const reports = await Promise.all(
    parts.map(async part => ({ part, report: await askOne(part, options) })),
  )
  return {
    ready: reports.every(({ part, report }) => report.ok || part.advisory === true),
    parts: Object.fromEntries(reports.map(({ part, report }) => [part.name, report])),
  }
}

async function askOne(part: HealthPart, options: ReadinessOptions): Promise<HealthReport> {
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS
  const { promise: late, resolve } = Promise.withResolvers<HealthReport>()
  const cancel = options.clock.schedule(timeoutMs, () =>
    resolve({ ok: false, detail: `no answer within ${timeoutMs} ms` }),
  )
  try {
    return await Promise.race([(async () => part.health())(), late])
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? error.message : String(error) }
  } finally {
    cancel()
  }
}
