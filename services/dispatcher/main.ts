import { runServiceProcess } from '@longhaul/runtime'
import { Dispatcher } from './dispatcher.ts'

await runServiceProcess(
  { name: 'dispatcher', needsSharedBus: true, servesOperations: true },
  process.env,
  parts => new Dispatcher(parts, parts.config),
)
