import { createReceiverPolicy, runServiceProcess } from '@longhaul/runtime'
import { bullmqOnPostgres } from './bullmq-postgres.ts'
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
        queueBackend: bullmqOnPostgres({ databaseUrl: parts.env.databaseUrl }),
      },
      parts.config,
    ),
)
