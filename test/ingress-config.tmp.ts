import { type Config, configSchema } from '@longhaul/contracts'
const deployments = {
  main: { provider: 'openai-compatible', base_url: 'http://127.0.0.1:9/v1' },
}

export const ingressConfig: Config = configSchema.parse({
  models: {
    small: {
      context_window: 8_000,
      price: { input: 0.1, output: 0.4 },
      capabilities: ['tools', 'json'],
      endpoints: ['/v1/chat/completions', '/v1/responses'],
      deployments,
    },
    'vendor/large': { context_window: 200_000, price: { input: 3, output: 15 }, deployments },
    embedder: {
      context_window: 8_000,
      price: { input: 0.02, output: 0 },
      endpoints: ['/v1/embeddings'],
      deployments,
    },
  },
  policies: { frugal: { strategy: 'cheapest', models: ['small'] } },
})
