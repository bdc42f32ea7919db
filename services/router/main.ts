import { runServiceProcess } from '@longhaul/runtime'
import { Router } from './router.ts'

await runServiceProcess(
  { name: 'router', needsSharedBus: true, servesOperations: true },
  process.env,
  parts => new Router({ ...parts, random: Math.random }, parts.config),
)
