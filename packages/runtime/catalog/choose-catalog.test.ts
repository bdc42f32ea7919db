import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from '@jest/globals'
import type { Config } from '@longhaul/contracts'
import { startSimulator } from '@longhaul/simulator'
import { chooseCatalog } from './choose-catalog.ts'
import { knownModels, knownProviders } from './known-models.ts'
import { type OllamaModel, probeOllama } from './ollama.ts'
import { simulatorBehaviours, simulatorCatalog } from './simulator-catalog.ts'

const keys = Object.values(knownProviders).map(provider => provider.key)
const simulatorOrigin = async () => 'http://127.0.0.1:9999'
const noOllama = async () => undefined

function choose(env: Record<string, string>, ollama?: OllamaModel[]) {
  return chooseCatalog({ env, simulatorOrigin, probeOllama: async () => ollama })
}

/** Names that exist, and for every model at least one rule or strategy that can choose it. */
function expectWhole(config: Config): void {
  const names = Object.keys(config.models)
  expect(names.length).toBeGreaterThan(0)
  expect(Object.keys(config.policies)).toEqual(['auto', 'quality', 'economy', 'fast'])
  expect(config.policies.auto?.strategy).toBe('predictive')
}

describe('with keys of providers in the environment', () => {
  it.each(keys)('%s alone is enough', async key => {
    const { kind, config, source } = await choose({ [key]: 'sk-test' })
    expect(kind).toBe('providers')
    expect(source).toContain(key)
    expectWhole(config)
    const deployments = Object.values(config.models).flatMap(model =>
      Object.values(model.deployments),
    )
    expect(deployments.map(deployment => deployment.api_key)).toEqual(
      deployments.map(() => 'sk-test'),
    )
  })

  it('a model that several providers have gets a deployment for each', async () => {
    const { config } = await choose({ GROQ_API_KEY: 'g', TOGETHER_API_KEY: 't' })
    expect(Object.keys(config.models['gpt-oss-120b']?.deployments ?? {})).toEqual([
      'groq',
      'together',
    ])
    expect(config.models['gpt-oss-20b']?.deployments.together?.price).toEqual({
      input: 0.05,
      output: 0.2,
    })
  })

  it('names what it found and by which keys, and no key', async () => {
    const { source } = await choose({ MISTRAL_API_KEY: 'sk-secret', DEEPSEEK_API_KEY: 'sk-secret' })
    expect(source).toBe(
      'Models mistral-large-4, mistral-medium-3.5, deepseek-flash, and deepseek-v4-pro, by MISTRAL_API_KEY and DEEPSEEK_API_KEY.',
    )
  })

  it('takes an empty key for absent, and white space off the others', async () => {
    expect((await choose({ OPENAI_API_KEY: ' ' })).kind).toBe('simulator')
    const { config } = await choose({ OPENAI_API_KEY: 'sk-1\n' })
    expect(config.models['gpt-6-luna']?.deployments.openai?.api_key).toBe('sk-1')
  })

  it('asks neither Ollama nor the simulator', async () => {
    const never = () => Promise.reject(new Error('asked'))
    const env = { OPENAI_API_KEY: 'k' }
    await chooseCatalog({ env, probeOllama: never, simulatorOrigin: never })
  })
})

describe('the known models', () => {
  it.each(Object.entries(knownModels))(
    '%s can be had somewhere, and is declared whole',
    (_, model) => {
      const places = Object.keys(model.at)
      expect(places.length).toBeGreaterThan(0)
      for (const place of places) expect(Object.keys(knownProviders)).toContain(place)
      if (model.endpoints?.includes('/v1/embeddings')) return
      expect(model.quality).toBeGreaterThan(0)
      expect(model.price.output).toBeGreaterThan(model.price.input)
      expect(model.price.cached_input ?? 0).toBeLessThan(model.price.input)
    },
  )

  it('are of different strengths, so that the strongest is known', () => {
    const qualities = Object.values(knownModels).flatMap(model => model.quality ?? [])
    expect(new Set(qualities).size).toBe(qualities.length)
  })
})

describe('with a local Ollama', () => {
  const servers: ReturnType<typeof createServer>[] = []
  afterEach(async () => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    }
  })

  async function ollama(answers: Record<string, (body: string) => unknown>): Promise<string> {
    const server = createServer((request, response) => {
      let body = ''
      request.on('data', chunk => {
        body += chunk
      })
      request.on('end', () => {
        const answer = answers[request.url ?? '']?.(body)
        if (answer === undefined) response.writeHead(404)
        response.end(typeof answer === 'string' ? answer : JSON.stringify(answer))
      })
    })
    servers.push(server)
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  const tags = {
    models: [
      { name: 'llama3.2:3b', details: { parameter_size: '3.2B' } },
      { name: 'nomic-embed-text:latest', details: { parameter_size: '137M' } },
      { name: 'gpt-oss:120b-cloud', remote_host: 'https://ollama.com:443' },
      { name: 'odd', details: null },
    ],
  }

  it('finds its models and what they can do; cloud models are left out', async () => {
    const origin = await ollama({
      '/api/tags': () => tags,
      '/api/show': body =>
        body.includes('llama') ? { capabilities: ['completion', 'tools', 'vision'] } : undefined,
    })
    expect(await probeOllama(origin, 5_000)).toEqual([
      { name: 'llama3.2:3b', billions: 3.2, capabilities: ['completion', 'tools', 'vision'] },
      { name: 'nomic-embed-text:latest', billions: 0.137, capabilities: ['embedding'] },
      { name: 'odd', billions: undefined, capabilities: ['completion'] },
    ])
  })

  it.each([
    ['refuses', () => undefined],
    ['talks nonsense', () => '<html>'],
    ['is something else', () => ({ data: [] })],
  ])('is not there when what answers %s', async (_, answer) => {
    expect(await probeOllama(await ollama({ '/api/tags': answer }), 5_000)).toBeUndefined()
  })

  it('is not there when nothing listens, or nothing answers in time', async () => {
    const origin = await ollama({})
    servers[0]?.removeAllListeners('request')
    expect(await probeOllama(origin, 50)).toBeUndefined()
    servers[0]?.closeAllConnections()
    await new Promise(resolve => servers.pop()?.close(resolve))
    expect(await probeOllama(origin, 5_000)).toBeUndefined()
  })

  it('uses its models by size', async () => {
    const { kind, config, source } = await choose({}, [
      { name: 'qwen3:70b', billions: 70, capabilities: ['completion', 'tools'] },
      { name: 'llama3.2:3b', billions: 3.2, capabilities: ['completion', 'vision'] },
      { name: 'embedder', billions: 0.1, capabilities: ['embedding'] },
    ])
    expect(kind).toBe('ollama')
    expect(source).toContain('of the Ollama at http://127.0.0.1:11434')
    expectWhole(config)
    const { 'qwen3:70b': large, 'llama3.2:3b': small, embedder } = config.models
    expect(large?.capabilities).toEqual(['tools', 'json'])
    expect(small?.capabilities).toEqual(['vision', 'json'])
    expect(embedder?.endpoints).toEqual(['/v1/embeddings'])
    expect(large?.quality).toBeGreaterThan(small?.quality ?? 1)
    expect(large?.context_window).toBe(4_096)
  })

  it('believes OLLAMA_CONTEXT_LENGTH', async () => {
    const model = { name: 'm', billions: 8, capabilities: ['completion'] }
    const { config } = await choose({ OLLAMA_CONTEXT_LENGTH: '32768' }, [model])
    expect(config.models.m?.context_window).toBe(32_768)
  })

  it('passes over one without models', async () => {
    expect((await choose({}, [])).kind).toBe('simulator')
  })
})

describe('with nothing', () => {
  it('uses the simulator, and says so', async () => {
    const { kind, config, source } = await chooseCatalog({
      env: {},
      simulatorOrigin,
      probeOllama: noOllama,
    })
    expect(kind).toBe('simulator')
    expect(source).toContain('built-in simulator: their answers are made up')
    expectWhole(config)
    expect(config.models['sim-claude']?.deployments.simulator).toMatchObject({
      provider: 'anthropic',
      base_url: 'http://127.0.0.1:9999/v1',
    })
  })

  it('gives the simulator behaviours that it takes, one for each model', async () => {
    const simulator = await startSimulator({ models: simulatorBehaviours })
    await simulator.close()
    expect(Object.keys(simulatorBehaviours)).toEqual(Object.keys(simulatorCatalog('x').models))
  })
})
