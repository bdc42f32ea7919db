import { type Config, configSchema, systemClock } from '@longhaul/contracts'
import { type Simulator, startSimulator } from '@longhaul/simulator'
import { startTelemetry } from '@longhaul/telemetry'
import OpenAI from 'openai'
import { type System, startSystem } from '../../services/launcher/system.ts'
import { openTestStore, type TestStore } from '../database.ts'

type ConfigInput = Parameters<typeof configSchema.parse>[0] & object

/** Longhaul in one process as `npm start` runs it, with the simulator behind it and the official client before it. */
export interface OpenAiServer {
  simulator: Simulator
  system: System
  testStore: TestStore
  url: string
  key: string
  client: OpenAI
  /** Another client, with options of its own. */
  clientWith(options: ConstructorParameters<typeof OpenAI>[0]): OpenAI
  close(): Promise<void>
}

/** `small` speaks chat only, `large` responses as well, `claude` Anthropic's format; quick retries. */
export function simulatedConfig({ url }: Simulator, overrides: ConfigInput = {}): Config {
  const main = { provider: 'openai-compatible', base_url: url }
  const capabilities = ['tools', 'json', 'vision', 'logprobs']
  return configSchema.parse({
    models: {
      small: {
        context_window: 32_768,
        price: { input: 0.1, output: 0.4 },
        capabilities,
        deployments: { main, spare: { ...main, price: { input: 0.2, output: 0.8 } } },
      },
      large: {
        context_window: 200_000,
        price: { input: 3, output: 15 },
        capabilities,
        endpoints: ['/v1/chat/completions', '/v1/responses'],
        deployments: { main },
      },
      claude: {
        context_window: 200_000,
        price: { input: 2, output: 10 },
        capabilities: ['tools', 'json', 'vision'],
        deployments: { main: { provider: 'anthropic', base_url: url } },
      },
      embedder: {
        context_window: 8_000,
        price: { input: 0.02, output: 0 },
        endpoints: ['/v1/embeddings'],
        deployments: { main },
      },
    },
    policies: { frugal: { strategy: 'cheapest', models: ['small'] } },
    retry: { base_delay: '10ms', max_delay: '50ms', max_attempts: 3 },
    ...overrides,
  })
}

export async function openOpenAiServer(overrides: ConfigInput = {}): Promise<OpenAiServer> {
  const simulator = await startSimulator()
  const testStore = await openTestStore()
  const telemetry = startTelemetry({ service: 'test', logLevel: 'silent' })
  const system = await startSystem({
    config: simulatedConfig(simulator, overrides),
    databaseUrl: testStore.databaseUrl,
    schema: testStore.schema,
    queueSchema: `${testStore.schema}_queue`,
    telemetry,
    host: '127.0.0.1',
    port: 0,
    owner: 'test',
    deadOwners: [],
    clock: systemClock,
  })
  const tenant = await testStore.store.tenants.ensure('default')
  const key = await testStore.store.tenants.createKey(tenant.id, 'test')
  const clientWith: OpenAiServer['clientWith'] = options =>
    new OpenAI({ baseURL: `${system.url}/v1`, apiKey: key, maxRetries: 0, ...options })
  return {
    simulator,
    system,
    testStore,
    url: system.url,
    key,
    client: clientWith({}),
    clientWith,
    async close() {
      await system.stop(2_000)
      await telemetry.stop()
      await testStore.query(`DROP SCHEMA IF EXISTS "${testStore.schema}_queue" CASCADE`)
      await testStore.close()
      await simulator.close()
    },
  }
}
