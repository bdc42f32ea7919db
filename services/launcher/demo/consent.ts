import { once } from 'node:events'
import { createInterface } from 'node:readline/promises'
import { StartError } from '../expected-error.ts'
import type { ApiClient, Submission } from './client.ts'

/** A few cents: below this nobody is asked. */
const ASK_ABOVE_USD = 0.05
const AT_ONCE = 8

/** Dollars at list prices, with answers as long as the prompts allow. */
export async function estimateCostUsd(
  client: Pick<ApiClient, 'route'>,
  jobs: readonly Submission[],
): Promise<number> {
  const costs: number[] = []
  for (let first = 0; first < jobs.length; first += AT_ONCE) {
    const some = jobs.slice(first, first + AT_ONCE)
    const decisions = await Promise.all(some.map(job => client.route(job)))
    costs.push(...decisions.map(({ estimates }) => estimates.cost_usd ?? 0))
  }
  return costs.reduce((total, cost) => total + cost, 0)
}

export interface Terminal {
  input: NodeJS.ReadStream
  output: NodeJS.WriteStream
  signal: AbortSignal
}

/**
 * Whether that much may be spent; asks above a few cents.
 * @throws {StartError} there is nobody to ask
 */
export async function maySpend(
  costUsd: number,
  { yes, terminal }: { yes: boolean; terminal: Terminal },
): Promise<boolean> {
  if (yes || costUsd <= ASK_ABOVE_USD) return true
  const price = `$${costUsd.toFixed(2)}`
  if (!terminal.input.isTTY) {
    throw new StartError(
      `These prompts would cost about ${price}, and there is no terminal to ask on. ` +
        'Agree with `npm run demo -- --yes`, or send fewer with `npm run demo -- --prompts 24`.',
    )
  }
  // Not raw: Ctrl-C has to arrive as a signal.
  const questions = createInterface({ ...terminal, terminal: false })
  const closed = once(questions, 'close').then(() => '')
  try {
    const answer = await Promise.race([
      questions.question(`Spend about ${price}? (y/N) `, terminal),
      closed,
    ])
    return /^y(es)?$/i.test(answer.trim())
  } finally {
    questions.close()
  }
}
