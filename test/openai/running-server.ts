import { randomBytes } from 'node:crypto'
import { configSchema } from '@longhaul/contracts'
import { type Simulator, startSimulator } from '@longhaul/simulator'
import { startTelemetry } from '@longhaul/telemetry'
import OpenAI from 'openai'
import pg from 'pg'
import { type System, startSystem } from '../../services/launcher/system.ts'
import { testDatabaseUrl } from '../database.ts'

export interface RunningServer {
  system: System
  simulator: Simulator
  /** The official client, as its users make it. */
  client: OpenAI
  url: string
  apiKey: string
  /** A client of another tenant. */
  clientOf(tenant: string): Promise<OpenAI>
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>
  close(): Promise<void>
}

const STOP_MS = 5_000

type ConfigInput = Parameters<typeof configSchema.parse>[0] & object

/** All services in this process, on a schema of its own, with the simulator as its models. */
export async function startServer(
  configOf: (simulator: Simulator) => ConfigInput = standardModels,
): Promise<RunningServer> {
  const simulator = await startSimulator()
  const databaseUrl = testDatabaseUrl()
  const name = randomBytes(6).toString('hex')
  const [schema, queueSchema] = [`test_${name}`, `test_${name}_queue`]
  const telemetry = startTelemetry({ service: 'test', logLevel: 'silent' })
  const system = await startSystem({
    config: configSchema.parse({ webhooks: { allow: ['127.0.0.1/32'] }, ...configOf(simulator) }),
    databaseUrl,
    telemetry,
    host: '127.0.0.1',
    port: 0,
    owner: `test-${name}`,
    deadOwners: [],
    schema,
    queueSchema,
  })
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: 1,
    options: `-c search_path=${schema}`,
  })
  const clientOf = async (tenantName: string) => {
    const tenant = await system.store.tenants.ensure(tenantName)
    const apiKey = await system.store.tenants.createKey(tenant.id, 'test')
    return new OpenAI({ baseURL: `${system.url}/v1`, apiKey })
  }
  const client = await clientOf('acme')
  return {
    system,
    simulator,
    client,
    url: system.url,
    apiKey: String(client.apiKey),
    clientOf,
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

function standardModels(simulator: Simulator): ConfigInput {
  const deployments = { main: { provider: 'openai-compatible', base_url: simulator.url } }
  return {
    models: {
      small: { context_window: 32_000, price: { input: 0.2, output: 0.8 }, deployments },
      large: { context_window: 200_000, price: { input: 3, output: 15 }, deployments },
      embedder: {
        context_window: 8_000,
        price: { input: 0.02, output: 0 },
        endpoints: ['/v1/embeddings'],
        deployments,
      },
    },
  }
}
