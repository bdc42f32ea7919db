import { randomBytes } from 'node:crypto'
import { configSchema } from '@longhaul/contracts'
import { type Simulator, startSimulator } from '@longhaul/simulator'
import { startTelemetry } from '@longhaul/telemetry'
import OpenAI from 'openai'
import pg from 'pg'
import { type System, startSystem } from '../../services/launcher/system.ts'
import { testDatabaseUrl } from '../database.ts'

type ConfigInput = Parameters<typeof configSchema.parse>[0] & object

/** Longhaul in one process as `npm start` runs it, with the simulator behind it and the official client before it. */
export interface OpenAiServer {
  simulator: Simulator
  system: System
  url: string
  key: string
  /** It does not try again by itself. */
  client: OpenAI
  /** Another client, with options of its own. */
  clientWith(options: ConstructorParameters<typeof OpenAI>[0]): OpenAI
  /** A client of another tenant. */
  clientOf(tenant: string): Promise<OpenAI>
  /** Runs any SQL on the schema. */
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>
  close(): Promise<void>
}

const STOP_MS = 5_000

/** All services in this process, on a schema of its own. */
export async function openOpenAiServer(
  configOf: (simulator: Simulator) => ConfigInput = simulatedModels,
): Promise<OpenAiServer> {
  const simulator = await startSimulator()
  const databaseUrl = testDatabaseUrl()
  const name = randomBytes(6).toString('hex')
  const [schema, queueSchema] = [`test_${name}`, `test_${name}_queue`]
  const telemetry = startTelemetry({ service: 'test', logLevel: 'silent' })
  const system = await startSystem({
    config: configSchema.parse({ webhooks: { allow: ['127.0.0.1/32'] }, ...configOf(simulator) }),
    databaseUrl,
    schema,
    queueSchema,
    telemetry,
    host: '127.0.0.1',
    port: 0,
    owner: `test-${name}`,
    deadOwners: [],
  })
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: 1,
    options: `-c search_path=${schema}`,
  })
  const keyOf = async (tenantName: string) => {
    const tenant = await system.store.tenants.ensure(tenantName)
    return system.store.tenants.createKey(tenant.id, 'test')
  }
  const key = await keyOf('default')
  const clientWith: OpenAiServer['clientWith'] = options =>
    new OpenAI({ baseURL: `${system.url}/v1`, apiKey: key, maxRetries: 0, ...options })
  return {
    simulator,
    system,
    url: system.url,
    key,
    client: clientWith({}),
    clientWith,
    clientOf: async tenant => clientWith({ apiKey: await keyOf(tenant) }),
    async query<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []) {
      return (await pool.query<Row>(text, values)).rows
    },
    async close() {
      await system.stop(STOP_MS)
      await telemetry.stop()
      await pool.query(`DROP SCHEMA IF EXISTS "${schema}", "${queueSchema}" CASCADE`)
      await pool.end()
      await simulator.close()
    },
  }
}

/** `small` speaks chat only, `large` responses as well, `claude` Anthropic's format; quick retries. */
function simulatedModels({ url }: Simulator): ConfigInput {
  const main = { provider: 'openai-compatible', base_url: url }
  const capabilities = ['tools', 'json', 'vision', 'logprobs']
  return {
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
  }
}
