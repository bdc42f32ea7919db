import { openMemoryBus } from '@longhaul/bus'
import {
  type Config,
  encodeJobMessage,
  type JobMessage,
  modelTopic,
  newId,
  systemClock,
} from '@longhaul/contracts'
import { openMemoryCoordination } from '@longhaul/coordination'
import type { Provider } from '@longhaul/providers'
import { Conversations } from '@longhaul/runtime'
import type { NewJob } from '@longhaul/store'
import { startTelemetry } from '@longhaul/telemetry'
import { Worker } from '../services/worker/worker.ts'
import { openTestStore } from './database.ts'

type HandedOver = Pick<JobMessage, 'requestedModel' | 'lane' | 'options' | 'failures'> & {
  route: NonNullable<JobMessage['route']>
  /** JSON text. */
  body: string
}

/** What workers stand on; nothing routes, so that jobs are handed to them. */
export async function openWorkerTest(config: Config, provider: Provider) {
  const clock = systemClock
  const db = await openTestStore()
  const { id: tenantId } = await db.store.tenants.ensure('acme')
  const bus = await openMemoryBus({ clock })
  const breaker = {
    failureRate: 0.5,
    minCalls: 1_000,
    windowMs: 1_000,
    openForMs: 1_000,
    maxOpenForMs: 1_000,
    probes: 1,
  }
  const coordination = await openMemoryCoordination({ clock, breaker })
  const telemetry = startTelemetry({ service: 'test', logLevel: 'silent' })
  const conversations = new Conversations({ coordination }, config)
  const shared = { store: db.store, bus, coordination, provider, telemetry, clock }
  const parts = { ...shared, conversations, random: () => 0.5 }
  return {
    db,
    coordination,
    newWorker: (models?: readonly string[]) => new Worker(parts, config, { owner: 'test', models }),
    /** Accepts a job and publishes it to the topic of the model of its route. */
    async handOver({ route, body, ...wanted }: HandedOver) {
      const about = {
        ...wanted,
        tenantId,
        endpoint: '/v1/chat/completions' as const,
        policy: null,
        metadata: null,
        deadlineAt: null,
        traceparent: null,
        bodyBytes: body.length,
      }
      const job: NewJob = {
        ...about,
        body,
        id: newId('job'),
        status: 'queued',
        notBefore: null,
        webhook: null,
        idempotency: null,
      }
      await db.store.jobs.insert(job)
      /** Resolves when the worker puts it back. */
      const putBack = new Promise<void>(resolve => {
        coordination.broadcasts.on('job-changed', ({ jobId, status }) => {
          if (jobId === job.id && status === 'pending') resolve()
        })
      })
      const message = { ...about, body: null, jobId: job.id, dispatch: 1, hints: null, route }
      await bus.publish(modelTopic(route.model, wanted.lane), encodeJobMessage(message))
      return { id: job.id, putBack }
    },
    async close() {
      await Promise.all([bus.stop(), coordination.stop()])
      await db.close()
    },
  }
}

export type WorkerTest = Awaited<ReturnType<typeof openWorkerTest>>
