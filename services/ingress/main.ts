import { createReceiverPolicy, ModelFigures, runServiceProcess } from '@longhaul/runtime'
import { Ingress } from './ingress.ts'

// Without a shared bus every accepted job waits in Postgres for a dispatcher elsewhere.
await runServiceProcess(
  { name: 'ingress', needsSharedBus: false, servesOperations: false },
  process.env,
  parts =>
    new Ingress(
      {
        ...parts,
        live: new ModelFigures(parts, parts.config),
        random: Math.random,
        receiverPolicy: createReceiverPolicy(parts.config.webhooks.allow),
      },
      parts.config,
      { host: parts.env.host, port: parts.env.port, publishes: parts.bus.durable },
    ),
)
