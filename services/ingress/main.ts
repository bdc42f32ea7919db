import { createReceiverPolicy, ensureFirstKey, runServiceProcess } from '@longhaul/runtime'
import { Ingress } from './ingress.ts'

// Without a shared bus every accepted job waits in Postgres for a dispatcher elsewhere.
await runServiceProcess(
  { name: 'ingress', needsSharedBus: false, servesOperations: false },
  process.env,
  async parts => {
    const { store, env, config, telemetry } = parts
    if (env.apiKey !== undefined) await ensureFirstKey(store, env.apiKey)
    else if (!(await store.tenants.hasKeys())) {
      telemetry.logger.warn('nobody has an API key yet: set LONGHAUL_API_KEY, or make one')
    }
    return new Ingress(
      {
        ...parts,
        parts: [parts.configuration],
        random: Math.random,
        receiverPolicy: createReceiverPolicy(config.webhooks.allow),
      },
      config,
      { host: env.host, port: env.port, publishes: parts.bus.durable },
    )
  },
)
