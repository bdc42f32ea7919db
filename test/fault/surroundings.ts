import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Behaviour } from '@longhaul/simulator'
import { request } from 'undici'
import { LonghaulProcess } from '../processes/longhaul-process.ts'
import { SimulatorProcess } from '../processes/simulator-process.ts'
import { Receipts } from './receipts.ts'

export interface SurroundingsOptions {
  behaviours?: Record<string, Behaviour>
  /** Beside `alpha`, `beta` and `gamma`, and only by name. */
  extraModels?: readonly string[]
  env?: Record<string, string>
}

/** What stays while Longhaul comes and goes: the models, the receiver, the folder. */
export interface Surroundings {
  simulator: SimulatorProcess
  receipts: Receipts
  longhaul: LonghaulProcess
  /** Starts Longhaul for the first time. */
  begin(): Promise<void>
  /** Ends all processes and removes the folder. */
  end(): Promise<void>
}

export const MODELS = ['alpha', 'beta', 'gamma']
/** So that calls are in flight at any moment. */
export const LATENCY: Behaviour = { latencyMs: { distribution: 'uniform', min: 20, max: 50 } }
/** Short, so that what a dead connection left claimed comes back while the test waits; longer than a busy machine stops. */
export const LEASE = '10s'

export async function surround(options: SurroundingsOptions = {}): Promise<Surroundings> {
  const folder = mkdtempSync(join(tmpdir(), 'longhaul-fault-'))
  const simulator = await SimulatorProcess.start(folder, { '*': LATENCY, ...options.behaviours })
  const receipts = await Receipts.listen()
  const names = [...MODELS, ...(options.extraModels ?? [])]
  const longhaul = await LonghaulProcess.prepare({
    folder,
    config: {
      models: Object.fromEntries(names.map(name => [name, simulatedModel(simulator.origin)])),
      policies: { auto: { strategy: 'round-robin', models: MODELS } },
      webhooks: { allow: ['127.0.0.1/32'] },
      lease: LEASE,
    },
    ...(options.env && { env: options.env }),
  })
  return {
    simulator,
    receipts,
    longhaul,
    async begin() {
      await longhaul.start()
      receipts.verifyWith(await webhookSecret(longhaul))
    },
    async end() {
      await longhaul.destroy()
      await Promise.all([simulator.stop(), receipts.close()])

      rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
    },
  }
}

/** A model of the simulator. */
export function simulatedModel(origin: string, limits: { timeout?: string } = {}) {
  return {
    context_window: 32_768,
    price: { input: 1, output: 2 },
    deployments: {
      simulator: { provider: 'openai-compatible' as const, base_url: `${origin}/v1`, ...limits },
    },
  }
}

/** Of the tenant that the key belongs to. */
export async function webhookSecret({
  url,
  apiKey,
}: Pick<LonghaulProcess, 'url' | 'apiKey'>): Promise<string> {
  const { body } = await request(`${url}/v1/webhook-secret`, {
    headers: { authorization: `Bearer ${apiKey}` },
  })
  const { secrets } = (await body.json()) as { secrets: string[] }
  const [secret] = secrets
  if (!secret) throw new Error('no webhook secret')
  return secret
}
