import type { Launched } from './launch.ts'

/** What a start tells people: addresses, models, the key, what it resumed, and something to try. */
export function describeStart(launched: Launched): string {
  const { system, newKey } = launched
  const lines = [
    `Longhaul is ready at ${system.url}`,
    '',
    `  API         ${system.url}/v1/jobs`,
    `  Reference   ${system.url}/docs`,
    `  Health      ${system.url}/readyz`,
    `  Metrics     ${system.url}/metrics`,
    `  Data        ${launched.dataDir}`,
    `  PostgreSQL  ${launched.database}`,
    `  Models      ${launched.source}`,
    ...describeResumed(launched),
    '',
    newKey
      ? `Your API key, shown this once (only its hash is kept):\n\n  ${newKey}`
      : 'API keys: those made before (the first was shown at the first start).',
    '',
    'Try:',
    '',
    `  curl -s '${system.url}/v1/jobs' -H 'authorization: Bearer ${newKey ?? '$LONGHAUL_API_KEY'}' \\`,
    `    -H 'content-type: application/json' \\`,
    `    -d '{"body": {"messages": [{"role": "user", "content": "Why is the sky blue?"}]}}'`,
    '',
  ]
  return lines.join('\n')
}

function describeResumed({ system, orphan }: Launched): string[] {
  const { pending, queued, running } = system.resumed
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
