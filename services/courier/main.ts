import { createReceiverPolicy, runServiceProcess } from '@longhaul/runtime'
import { Courier } from './courier.ts'

await runServiceProcess(
  { name: 'courier', needsSharedBus: false, servesOperations: true },
  process.env,
  parts =>
    new Courier(
      {
        ...parts,
        random: Math.random,
        receiverPolicy: createReceiverPolicy(parts.config.webhooks.allow),
      },
      parts.config,
    ),
)
