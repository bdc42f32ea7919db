import type { Config, WaitingView } from '@longhaul/contracts'
import { type Breakers, type BreakerView, CREDENTIALS_REFUSED } from '@longhaul/coordination'
import { type HealthPart, providerDeploymentsOf } from '@longhaul/runtime'
import type { JobRecord } from '@longhaul/store'
import { timeOf } from './job-view.ts'

/** What keeps a job that is due: every deployment of its model that it allows is out. */
export function waitingView(
  job: JobRecord,
  config: Config,
  breakers: Pick<Breakers, 'view'>,
): WaitingView | null {
  const model = job.model ?? job.requestedModel
  if (model === null || (job.status !== 'pending' && job.status !== 'queued')) return null
  const allowed = job.options?.constraints?.deployments
  const views = viewsOf(model, config, breakers)
    .filter(({ key }) => allowed === undefined || allowed.includes(key))
    .map(({ view }) => view)
  const first = firstToReturn(views)
  if (!first) return null
  const { openUntil, reason = 'out of order' } = first
  return { model, reason, until: timeOf(openUntil ?? null) }
}

/** Tells of credentials that are refused, and of models that are out; the process is ready all the same. */
export function modelsHealth(config: () => Config, breakers: Pick<Breakers, 'view'>): HealthPart {
  return {
    name: 'models',
    advisory: true,
    health() {
      const models = Object.keys(config().models)
      const all = models.map(model => ({ model, views: viewsOf(model, config(), breakers) }))
      const refused = all.flatMap(({ views }) =>
        views.filter(({ view }) => view.reason === CREDENTIALS_REFUSED).map(({ key }) => key),
      )
      const out = all
        .filter(({ views }) => firstToReturn(views.map(({ view }) => view)))
        .map(({ model }) => model)
      const detail = [
        ...(refused.length > 0 ? [`credentials refused: ${refused.join(', ')}`] : []),
        ...(out.length > 0 ? [`out: ${out.join(', ')}`] : []),
      ]
      return { ok: detail.length === 0, detail: detail.join('; ') || `${models.length} models` }
    },
  }
}

function viewsOf(model: string, config: Config, breakers: Pick<Breakers, 'view'>) {
  const settings = config.models[model]
  if (!settings) return []
  return providerDeploymentsOf(model, settings).map(({ key }) => ({
    key,
    view: breakers.view(key),
  }))
}

/** Undefined unless all are out. One that is being tried counts as out until it is closed. */
function firstToReturn(views: BreakerView[]): BreakerView | undefined {
  if (views.some(({ state }) => state === 'closed')) return undefined
  return views.toSorted((a, b) => (a.openUntil ?? 0) - (b.openUntil ?? 0))[0]
}
