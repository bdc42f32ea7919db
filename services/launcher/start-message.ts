import type { Launched } from './launch.ts'

/**
 * What a start tells people: addresses, models, the key, what it resumed, and something to try.
 * @param givenKey what the operator chose and knows: it is printed nowhere
 */
export function describeStart(launched: Launched, givenKey: string | undefined): string {
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
    ...describeFirstSteps(system.url, newKey, givenKey),
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
export function describeFirstSteps(
  url: string,
  newKey: string | undefined,
  givenKey: string | undefined,
): string[] {
  const made = givenKey === undefined ? newKey : undefined
  return [
    describeKeys(made, givenKey),
    '',
    'Try:',
    '',
    `  curl -s '${url}/v1/jobs' -H ${authorization(made)} \\`,
    `    -H 'content-type: application/json' \\`,
    `    -d '{"body": {"messages": [{"role": "user", "content": "Why is the sky blue?"}]}}'`,
    '',
  ]
}

function describeKeys(made: string | undefined, given: string | undefined): string {
  if (given !== undefined) return 'API keys: that of LONGHAUL_API_KEY, and those made before.'
  if (made === undefined) {
    return 'API keys: those made before (the first was shown at the first start).'
  }
  return `Your API key, shown this once (only its hash is kept):\n\n  ${made}`
}

/** Quoted so that a shell takes the key as it is, and puts in the variable. */
function authorization(key: string | undefined): string {
  return key === undefined
    ? '"authorization: Bearer $LONGHAUL_API_KEY"'
    : `'authorization: Bearer ${key}'`
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
