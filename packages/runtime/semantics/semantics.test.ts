import { afterEach, describe, expect, it } from '@jest/globals'
import { type Clock, configSchema, systemClock } from '@longhaul/contracts'
import { openMemoryCoordination } from '@longhaul/coordination'
import { openProviders } from '@longhaul/providers'
import { createRouter, type Nearness } from '@longhaul/routing'
import { type Simulator, startSimulator } from '@longhaul/simulator'
import { startTelemetry } from '@longhaul/telemetry'
import { ManualClock } from '../../../test/manual-clock.ts'
import { SemanticRoutes } from './semantics.ts'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const utterances = {
  contracts: ['review the clauses of this contract', 'may the landlord end the lease'],
  weather: ['what will the weather be tomorrow'],
}

function configOf(simulator: Simulator, routes: Record<string, string[]>, timeout = '60s') {
  const deployments = { main: { provider: 'openai-compatible', base_url: simulator.url } }
  const price = { input: 0.02, output: 0 }
  const endpoints = ['/v1/embeddings']
  return configSchema.parse({
    models: {
      chat: { context_window: 8_000, price, deployments },
      embedder: { context_window: 8_000, price, endpoints, deployments },
    },
    policies: {
      topics: {
        strategy: 'semantic',
        semantic: {
          embeddings: 'embedder',
          timeout,
          routes: Object.fromEntries(
            Object.entries(routes).map(([name, said]) => [name, { utterances: said, use: 'chat' }]),
          ),
        },
      },
    },
    default_policy: 'topics',
  })
}

async function open(
  simulator: Simulator,
  config = configOf(simulator, utterances),
  clock: Clock = systemClock,
) {
  const telemetry = startTelemetry({ service: 'test', logLevel: 'silent' })
  const coordination = await openMemoryCoordination({
    clock,
    breaker: {
      failureRate: 0.5,
      minCalls: 100,
      windowMs: 1_000,
      openForMs: 1_000,
      maxOpenForMs: 1_000,
      probes: 1,
    },
  })
  const provider = openProviders({ clock })
  closers.push(
    () => telemetry.stop(),
    () => coordination.stop(),
    () => provider.stop(),
  )
  const semantics = new SemanticRoutes({ provider, coordination, telemetry, clock }, config)
  const ask = (content: string, asked = config): Promise<Nearness> => {
    const body = { messages: [{ role: 'user', content }] }
    const request = {
      endpoint: '/v1/chat/completions' as const,
      body,
      bodyBytes: 100,
      lane: 'standard' as const,
      tenantId: 'tenant_1',
      metadata: {},
      deadlineAt: undefined,
      exclusions: [],
      preferred: [],
    }
    const options = { policy: null, requestedModel: null }
    const question = createRouter(asked).semanticQuestion(request, options)
    if (!question) throw new Error('no question')
    return semantics.nearness(question)
  }
  return { semantics, ask }
}

async function simulated(): Promise<Simulator> {
  const simulator = await startSimulator()
  closers.push(() => simulator.close())
  return simulator
}

describe('routes by embeddings of the simulator', () => {
  it('are as near as their nearest utterance', async () => {
    const { ask } = await open(await simulated())
    const nearness = await ask('please review the clauses of my contract')
    expect(nearness).toMatchObject({ known: true, routes: [{ route: 'contracts' }, {}] })
    expect(nearness.known && nearness.routes[0]?.similarity).toBeGreaterThan(0.6)
    expect(nearness.known && nearness.routes[1]?.similarity).toBeLessThan(0.5)
  })

  it('embed their utterances once, and each prompt with one call', async () => {
    const simulator = await simulated()
    const { ask } = await open(simulator)
    await Promise.all(Array.from({ length: 20 }, () => ask('will the lease end')))
    expect(simulator.calls.byModel.get('embedder')).toBe(21)
  })

  it('embed anew what a changed configuration brings, and only that', async () => {
    const simulator = await simulated()
    const before = configOf(simulator, utterances)
    const { semantics, ask } = await open(simulator, before)
    await ask('the weather')
    semantics.reconfigure(configOf(simulator, utterances))
    await ask('the weather')
    expect(simulator.calls.byModel.get('embedder')).toBe(3)

    const after = configOf(simulator, { ...utterances, code: ['repair this program'] })
    semantics.reconfigure(after)
    const nearness = await ask('repair my program', after)
    expect(nearness).toMatchObject({ known: true, routes: [{ route: 'code' }, {}, {}] })
    expect(simulator.calls.byModel.get('embedder')).toBe(5)
  })
})

describe('a prompt whose nearness cannot be told', () => {
  it('is given up after the timeout of the policy', async () => {
    const simulator = await simulated()
    const config = configOf(simulator, utterances, '50ms')
    const clock = new ManualClock()
    const { ask } = await open(simulator, config, clock)
    simulator.script('embedder', { failures: [{ fault: { kind: 'hang' }, times: 'always' }] })
    const nearness = ask('hello')
    await simulator.waitFor(({ inFlight }) => inFlight === 2)
    clock.advance(50)
    expect(await nearness).toEqual({ known: false, why: 'no embedding within 50 ms' })
  })

  it('says what the provider said', async () => {
    const simulator = await simulated()
    const { ask } = await open(simulator)
    await ask('hello')
    simulator.script('embedder', { failures: [{ fault: { kind: 'status', status: 500 } }] })
    expect(await ask('hello')).toMatchObject({
      known: false,
      why: expect.stringMatching(/^no embedding of the prompt: /),
    })
  })

  it('says so when the utterances could not be embedded', async () => {
    const simulator = await simulated()
    simulator.script('embedder', { failures: [{ fault: { kind: 'status', status: 500 } }] })
    const { ask } = await open(simulator)
    expect(await ask('hello')).toMatchObject({
      known: false,
      why: expect.stringMatching(/^no embeddings of the routes: /),
    })
  })
})
