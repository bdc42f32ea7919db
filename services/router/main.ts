import { ModelFigures, runServiceProcess } from '@longhaul/runtime'
import { Router } from './router.ts'

await runServiceProcess(
  { name: 'router', needsSharedBus: true, servesOperations: true },
  process.env,
  parts =>
    new Router(
      { ...parts, live: new ModelFigures(parts, parts.config), random: Math.random },
      parts.config,
    ),
)
