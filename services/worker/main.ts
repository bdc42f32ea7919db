import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { runServiceProcess } from '@longhaul/runtime'
import { Worker } from './worker.ts'

await runServiceProcess(
  { name: 'worker', needsSharedBus: true, servesOperations: true },
  process.env,
  parts =>
    new Worker({ ...parts, random: Math.random }, parts.config, {
      owner: `${hostname()}-${randomUUID()}`,
      models: parts.env.workerModels,
    }),
)
