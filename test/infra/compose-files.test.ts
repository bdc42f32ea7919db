import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { configSchema, errorCatalogue } from '@longhaul/contracts'
import {
  type ConfigResult,
  chooseCatalog,
  loadConfigFile,
  simulatorBehaviours,
  simulatorCatalog,
} from '@longhaul/runtime'
import { readFile, readOurCompose, root } from './repository.ts'

const { services } = readOurCompose()

function modelsOf(result: ConfigResult) {
  return result.ok ? result.config.models : result.faults
}

describe('infra/compose/longhaul.yaml', () => {
  const result = loadConfigFile(join(root, 'infra/compose/longhaul.yaml'), {})

  it('is what is mounted when nothing else is asked for', () => {
    expect(services.worker?.environment.LONGHAUL_CONFIG).toBe('/etc/longhaul/longhaul.yaml')
    expect(services.worker?.volumes).toEqual(['./infra/compose:/etc/longhaul:ro'])
  })

  it('has the models of the simulator, where the compose file runs it, and needs no key', () => {
    const origin = `http://simulator:${services.simulator?.expose[0]}`
    expect(modelsOf(result)).toEqual(configSchema.parse(simulatorCatalog(origin)).models)
  })

  it('goes with behaviours of the simulator', () => {
    expect(JSON.parse(readFile('infra/compose/simulator.json'))).toEqual({
      models: simulatorBehaviours,
    })
  })
})

describe('infra/compose/openai.yaml', () => {
  const path = join(root, 'infra/compose/openai.yaml')

  it('has the models that are known of OpenAI', async () => {
    const env = { OPENAI_API_KEY: 'value' }
    const known = await chooseCatalog({
      env,
      probeOllama: async () => undefined,
      simulatorOrigin: async () => '',
    })
    // A deployment need not name the model when the provider's name of it is the same.
    for (const [name, { deployments }] of Object.entries(known.config.models)) {
      if (deployments.openai?.model === name) delete deployments.openai.model
    }
    expect(modelsOf(loadConfigFile(path, env))).toEqual(known.config.models)
  })

  it('says which key is missing', () => {
    const result = loadConfigFile(path, {})
    const messages = result.ok ? [] : result.faults.map(({ message }) => message)
    expect(messages).toContain('names the environment variable OPENAI_API_KEY, which is not set')
  })
})

describe('infra/gateway/nginx.conf', () => {
  const text = readFile('infra/gateway/nginx.conf')

  it('listens where the compose file maps a port to, and checks its health', () => {
    const [listen] = /(?<=^\s+listen )\d+/m.exec(text) ?? []
    expect(services.gateway?.ports.map(({ target }) => String(target))).toEqual([listen])
    expect(services.gateway?.healthcheck.test.at(-1)).toBe(
      `http://127.0.0.1:${listen}/gateway/healthz`,
    )
    expect(text).toContain('location = /gateway/healthz {')
  })

  it('passes requests on to the ingresses, by a name that is resolved again', () => {
    expect(text).toContain('set $ingress ingress;')
    expect(text).toContain(`proxy_pass http://$ingress:${services.ingress?.environment.PORT};`)
  })

  it('answers in the form of the API when no ingress does', () => {
    const [, status, body = ''] = /return (\d+) '(\{.*\})';/.exec(text) ?? []
    const { error } = JSON.parse(body)
    const { status: listed, type } = errorCatalogue[error.code as keyof typeof errorCatalogue]
    expect([Number(status), error]).toEqual([
      listed,
      { message: expect.any(String), type, param: null, code: error.code },
    ])
  })
})
