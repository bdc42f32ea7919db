import type { Launched } from './launch.ts'

/** What a start tells people: addresses, models, the key, what it resumed, and something to try. */
export function describeStart(launched: Launched): string {
  const { system, newKey } = launched
  const lines = [
    `Longhaul is ready at ${system.url}`,
    '',
    ...describeAddresses(system.url),
    `  Data        ${launched.dataDir}`,
    `  PostgreSQL  ${launched.database}`,
    `  Models      ${launched.source}`,
    ...describeResumed(system.resumed, launched.orphan),
    '',
    ...describeFirstSteps(system.url, newKey),
  ]
  return lines.join('\n')
}

export function describeAddresses(url: string): string[] {
  return [
    `  API         ${url}/v1/jobs`,
    `  Reference   ${url}/docs`,
    `  Health      ${url}/readyz`,
    `  Metrics     ${url}/metrics`,
  ]
}

/** The key, and a command to try. */
export function describeFirstSteps(url: string, newKey: string | undefined): string[] {
  return [
    newKey
      ? `Your API key, shown this once (only its hash is kept):\n\n  ${newKey}`
      : 'API keys: those made before (the first was shown at the first start).',
    '',
    'Try:',
    '',
    `  curl -s '${url}/v1/jobs' -H 'authorization: Bearer ${newKey ?? '$LONGHAUL_API_KEY'}' \\`,
    `    -H 'content-type: application/json' \\`,
    `    -d '{"body": {"messages": [{"role": "user", "content": "Why is the sky blue?"}]}}'`,
    '',
  ]
}

/** Nothing when the life before ended in order and left nothing to do. */
export function describeResumed(
  { pending, queued, running }: { pending: number; queued: number; running: number },
  orphan: number | undefined,
): string[] {
  const lines: string[] = []
  if (orphan !== undefined) {
    lines.push(
      `  Recovery    stopped the PostgreSQL (process ${orphan}) that an earlier start left behind`,
    )
  }
  const total = pending + queued + running
  if (total > 0) {
    const parts = `${running} were running, ${queued} queued, ${pending} waiting`
    lines.push(`  Resumed     ${total} unfinished jobs: ${parts}`)
  }
  return lines
}
