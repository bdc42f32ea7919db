import { isTerminal } from '@longhaul/contracts'
import type { Receipts } from './receiver.ts'
import type { Outcome } from './report.ts'
import type { DemoTarget } from './target.ts'

export interface RunFacts {
  outcomes: readonly Outcome[]
  receipts: Receipts
  /** Long-polls that answered a job that had ended. */
  polled: number
  seconds: number
  kind: DemoTarget['kind']
}

/** Real providers refuse content now and then; the simulator does not. */
const LEAST_SUCCEEDED = 0.95

/** Whether every promise was kept, in words. */
export function judgeRun({ outcomes, receipts, polled, seconds, kind }: RunFacts): {
  ok: boolean
  text: string
} {
  const count = outcomes.length
  const { deliveries, rejected, eventIds, byJob } = receipts
  const succeeded = outcomes.filter(({ job }) => job.status === 'succeeded').length
  const running = outcomes.filter(({ job }) => !isTerminal(job.status))
  const untold = outcomes.filter(({ job }) => byJob.get(job.id)?.size !== 1)
  const needed = kind === 'simulator' ? count : Math.ceil(count * LEAST_SUCCEEDED)
  const faults = [
    ...(running.length > 0 ? [`${running.length} jobs have not ended: ${idsOf(running)}`] : []),
    ...(succeeded < needed ? [`${succeeded} jobs succeeded; at least ${needed} should have`] : []),
    ...(rejected > 0 ? [`${rejected} deliveries were not verified`] : []),
    ...(untold.length > 0
      ? [`${untold.length} jobs without exactly one webhook-id: ${idsOf(untold)}`]
      : []),
    ...(eventIds.size > count ? [`${eventIds.size} webhook-ids for ${count} jobs`] : []),
    ...(polled === 0 ? ['no long-poll saw its job end'] : []),
  ]
  const lines = [
    `${succeeded} of ${count} jobs succeeded in ${seconds.toFixed(1)} s.`,
    `${deliveries} webhooks received, ${deliveries - rejected} verified, ${eventIds.size} distinct webhook-ids.`,
    `${polled} jobs polled with ?wait=60 until they had ended.`,
    ...faults.map(fault => `FAULT: ${fault}`),
  ]
  return { ok: faults.length === 0, text: lines.join('\n') }
}

const MOST_IDS = 10

function idsOf(outcomes: readonly Outcome[]): string {
  const ids = outcomes.slice(0, MOST_IDS).map(({ job }) => job.id)
  return ids.join(', ') + (outcomes.length > MOST_IDS ? ', …' : '')
}
