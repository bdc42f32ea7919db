import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from '@jest/globals'
import { loadConfigFile } from './config-file.ts'
import { describeFault } from './fault.ts'

const env = { KEY: 'sk-from-env', HOST: 'llm.example.com', NUMBER: '8', EMPTY: '', LINES: 'a\nb' }

/** One sound model, for files that are about something else; 8 lines. */
const model = `
models:
  gpt:
    context_window: 1000
    price: { input: 1, output: 2 }
    deployments:
      one: { provider: openai-compatible, base_url: https://h/v1 }
`.trimStart()

function loaded(text: string) {
  const result = loadConfigFile({ text }, env)
  if (!result.ok) throw new Error(result.faults.map(fault => describeFault('f', fault)).join('\n'))
  return result.config
}

describe('a sound file', () => {
  it('gives the configuration with its defaults', () => {
    const config = loaded(model)
    expect(config.models.gpt?.deployments.one?.timeout).toBe(300_000)
    expect(config.retry.max_attempts).toBe(6)
    expect(config.default_policy).toBe('auto')
  })

  it('may be JSON', () => {
    const one = { provider: 'anthropic', base_url: 'https://h/v1' }
    const gpt = { context_window: 1, price: { input: 0, output: 0 }, deployments: { one } }
    expect(Object.keys(loaded(JSON.stringify({ models: { gpt } })).models)).toEqual(['gpt'])
  })

  it('may share parts by anchors and merge keys', () => {
    const config = loaded(`
models:
  a:
    context_window: 1000
    price: &price { input: 1, output: 2 }
    deployments:
      one: &one { provider: anthropic, base_url: https://h/v1, max_concurrency: 5 }
  b:
    context_window: 1000
    price: *price
    deployments:
      one: { <<: *one, max_concurrency: 9 }
`)
    expect(config.models.b?.price).toEqual({ input: 1, output: 2 })
    expect(config.models.b?.deployments.one).toMatchObject({
      provider: 'anthropic',
      max_concurrency: 9,
    })
  })
})

describe('${NAME}', () => {
  const withKey = (value: string) => model.replace('base_url:', `api_key: ${value}, base_url:`)

  it('is replaced by the environment, whole', () => {
    expect(loaded(withKey('"${KEY}"')).models.gpt?.deployments.one?.api_key).toBe('sk-from-env')
  })

  it('is replaced in part, several times', () => {
    const config = loaded(model.replace('https://h/v1', '"https://${HOST}/${NUMBER}/v1"'))
    expect(config.models.gpt?.deployments.one?.base_url).toBe('https://llm.example.com/8/v1')
  })

  it('stands for itself after another dollar', () => {
    const config = loaded(model.replace('base_url:', () => 'model: "a$${KEY}", base_url:'))
    expect(config.models.gpt?.deployments.one?.model).toBe('a${KEY}')
  })

  it('leaves what comes out of the environment alone', () => {
    const result = loadConfigFile({ text: withKey('"${KEY}"') }, { KEY: '${HOME}' })
    expect(result).toMatchObject({
      ok: true,
      config: { models: { gpt: { deployments: { one: { api_key: '${HOME}' } } } } },
    })
  })
})

describe('a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'longhaul-config-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  it('is read from the disk', () => {
    const path = join(folder, 'good.yaml')
    writeFileSync(path, `\uFEFF${model}`)
    expect(loadConfigFile(path, env)).toMatchObject({ ok: true })
  })

  it.each([
    ['is not there', 'none.yaml', undefined, 'there is no such file'],
    ['is a folder', '.', undefined, 'the file cannot be read (EISDIR)'],
    ['is not UTF-8', 'latin.yaml', Buffer.from([0x61, 0x3a, 0x20, 0xe9]), 'is not UTF-8'],
    ['is far too large', 'large.yaml', '#'.repeat(5_000_000), 'is larger than 4 MiB'],
  ])('that %s is a fault', (_, name, content, message) => {
    const path = join(folder, name)
    if (content !== undefined) writeFileSync(path, content)
    const result = loadConfigFile(path, env)
    expect(result).toMatchObject({ ok: false, faults: [{ message, line: 1, column: 1 }] })
  })
})
