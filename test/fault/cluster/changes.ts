import { setTimeout as delay } from 'node:timers/promises'
import { request } from 'undici'
import { simulatedModel } from '../surroundings.ts'
import { PROXIED_WORKER } from './surroundings.ts'
import { type ClusterScenario, underLoad } from './trial.ts'

/** So few that the load lasts for as long as it takes a process to start. */
const JOBS_PER_SECOND = 30
const MOST_JOBS = 45 * JOBS_PER_SECOND
const STOP_MS = 15_000
const NEW_MODEL = 'delta'
/** Those that were accepted last are on their way to a model that is gone: published again once, and judged. */
const JUDGED_MS = 30_000
const POLL_MS = 50

/** A worker joins under load, and another one leaves: partitions move, and what is in flight on them with them. */
export const moveWorkers: ClusterScenario = (surroundings, { jobs, seed }) => {
  const most = Math.min(jobs, MOST_JOBS)
  return underLoad(surroundings, {
    title: 'a worker is added, and removed',
    name: 'workers',
    seed,
    load: { jobs: most, perSecond: JOBS_PER_SECOND },
    async disturb({ load, figures, expect }) {
      const { cluster } = surroundings
      await load.reached(JOBS_PER_SECOND)
      const added = await cluster.add('worker')
      figures['accepted when it was ready'] = load.accepted.size
      await load.reached(Math.min(most, load.accepted.size + 3 * JOBS_PER_SECOND))
      const called = await added.metric('longhaul_provider_calls_total')
      figures['calls of the one that was added'] = called
      expect(called > 0, 'the new worker was given nothing to do')
      await cluster.remove(added, STOP_MS)
      figures['accepted when it was gone'] = load.accepted.size
      await cluster.named(PROXIED_WORKER).untilReady(STOP_MS)
    },
  })
}

/** A model comes and goes with the file, while the services run and others have work. */
export const changeModels: ClusterScenario = (surroundings, { jobs, seed }) => {
  const { cluster, config, simulator } = surroundings
  const [url = ''] = cluster.urls
  return underLoad(surroundings, {
    title: 'a model is added to the configuration, and removed',
    name: 'models',
    seed,
    load: { jobs: Math.min(jobs, MOST_JOBS), perSecond: JOBS_PER_SECOND },
    async disturb({ load, figures, expect }) {
      await load.reached(JOBS_PER_SECOND)
      const pids = cluster.all.map(({ pid }) => pid)
      const models = { ...config.models, [NEW_MODEL]: simulatedModel(simulator.origin) }
      const addedAt = performance.now()
      cluster.configure({ ...config, models })
      const id = await untilAccepted()
      figures['ms until a job for it was accepted'] = Math.round(performance.now() - addedAt)
      const job = (await ask('GET', `/v1/jobs/${id}?wait=30`)).body as { status: string }
      figures['ms until that job had ended'] = Math.round(performance.now() - addedAt)
      expect(job.status === 'succeeded', `the job of the new model is ${job.status}`)

      const removedAt = performance.now()
      cluster.configure(config)
      while ((await submit()).status === 202) await delay(POLL_MS)
      figures['ms until none was accepted any more'] = Math.round(performance.now() - removedAt)
      await untilNoneIsOpen()
      expect(
        cluster.all.every(({ pid }, index) => pid === pids[index]),
        'a service was started again',
      )
    },
  })

  async function untilAccepted(): Promise<string> {
    for (;;) {
      const { status, body } = await submit()
      if (status === 202) return (body as { id: string }).id
      await delay(POLL_MS)
    }
  }

  async function untilNoneIsOpen(): Promise<void> {
    const deadline = performance.now() + JUDGED_MS
    for (;;) {
      const [row] = await cluster.database.query<{ open: number }>(
        `SELECT count(*)::integer AS open FROM jobs
         WHERE finished_at IS NULL AND requested_model = $1`,
        [NEW_MODEL],
      )
      if (row?.open === 0) return
      if (performance.now() > deadline) {
        throw new Error(`${row?.open} jobs of the model that was removed are still open`)
      }
      await delay(POLL_MS)
    }
  }

  function submit() {
    const messages = [{ role: 'user', content: 'Hello?' }]
    return ask('POST', '/v1/jobs', { body: { model: NEW_MODEL, messages } })
  }

  async function ask(method: 'GET' | 'POST', path: string, content?: object) {
    const headers = {
      authorization: `Bearer ${cluster.apiKey}`,
      'content-type': 'application/json',
    }
    const { statusCode: status, body } = await request(url + path, {
      method,
      headers,
      ...(content && { body: JSON.stringify(content) }),
    })
    return { status, body: (await body.json()) as unknown }
  }
}
