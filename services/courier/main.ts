import { createReceiverPolicy, runServiceProcess } from '@longhaul/runtime'
import { Courier } from './courier.ts'
import { deliveryQueueBackend } from './queue-backend.ts'

await runServiceProcess(
  { name: 'courier', needsSharedBus: false, servesOperations: true },
  process.env,
  parts =>
    new Courier(
      {
        ...parts,
        random: Math.random,
        receiverPolicy: createReceiverPolicy(parts.config.webhooks.allow),
        queueBackend: deliveryQueueBackend({
          databaseUrl: parts.env.databaseUrl,
          redisUrl: parts.env.shared.redisUrl,
          keyPrefix: parts.config.redis.key_prefix,
        }),
      },
      parts.config,
    ),
)
