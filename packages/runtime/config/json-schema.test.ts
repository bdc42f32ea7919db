import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { parse } from 'yaml'
import { loadConfigFile } from './config-file.ts'
import { configJsonSchema, type JsonSchema, SchemaGuide } from './json-schema.ts'

const docs = new URL('../../../docs/', import.meta.url)
const examplePath = new URL('guides/longhaul.example.yaml', docs).pathname
const example = readFileSync(examplePath, 'utf8')
const env = {
  OPENAI_API_KEY: 'a',
  OPENAI_PROJECT: 'p',
  ELSEWHERE_API_KEY: 'b',
  ANTHROPIC_API_KEY: 'c',
}

describe('docs/api/longhaul.schema.json', () => {
  it('is what `npm run longhaul -- config-schema --out` writes', () => {
    const written = JSON.parse(readFileSync(new URL('api/longhaul.schema.json', docs), 'utf8'))
    expect(written).toEqual(configJsonSchema())
  })
})

describe('the JSON Schema', () => {
  const validate = new Ajv2020({ strict: true, validateFormats: false }).compile(configJsonSchema())

  it('takes the example', () => {
    validate(parse(example))
    expect(validate.errors).toBeNull()
  })

  it.each([
    ['an unknown key', { models: {}, leese: '30s' }],
    ['no models', {}],
    ['a number for a duration', { models: {}, lease: 30 }],
    ['no duration', { models: {}, lease: '5 min' }],
    ['a bad name', { models: {}, policies: { 'a b': { strategy: 'cheapest' } } }],
    ['an unknown strategy', { models: {}, policies: { a: { strategy: 'best' } } }],
  ])('refuses %s', (_, config) => {
    expect(validate(config)).toBe(false)
  })

  it('says of every setting what it means', () => {
    const silent: string[] = []
    const visit = (node: JsonSchema, path: string) => {
      for (const [name, child] of Object.entries(node.properties ?? {})) {
        const place = `${path}.${name}`
        if (child.description === undefined && child.properties === undefined) silent.push(place)
        visit(child, place)
      }
      if (typeof node.additionalProperties === 'object')
        visit(node.additionalProperties, `${path}.*`)
      if (node.items) visit(node.items, `${path}[]`)
    }
    visit(configJsonSchema(), '')
    expect(silent).toEqual([])
  })
})

describe('docs/guides/longhaul.example.yaml', () => {
  it('is sound', () => {
    expect(loadConfigFile(examplePath, env)).toMatchObject({ ok: true })
  })

  it('names the schema for editors', () => {
    expect(example).toMatch(/^# yaml-language-server: \$schema=\.\.\/api\/longhaul\.schema\.json\n/)
  })

  it('has every setting that there is', () => {
    const words = new Set(example.match(/\w+/g))
    const guide = new SchemaGuide()
    const missing: string[] = []
    const visit = (node: JsonSchema) => {
      for (const [name, child] of Object.entries(node.properties ?? {})) {
        if (!words.has(name)) missing.push(name)
        visit(child)
      }
      if (typeof node.additionalProperties === 'object') visit(node.additionalProperties)
      if (node.items) visit(node.items)
    }
    visit(guide.at([]) ?? {})
    expect(missing).toEqual([])
  })

  it('gives the defaults it claims to give', () => {
    const given = loadConfigFile(examplePath, env)
    const bare = loadConfigFile(
      {
        text: 'models: { m: { context_window: 1, price: { input: 0, output: 0 }, deployments: { d: { provider: anthropic, base_url: http://h } } } }',
      },
      {},
    )
    if (!given.ok || !bare.ok) throw new Error('both are sound')
    for (const section of [
      'lanes',
      'dispatch',
      'retry',
      'breaker',
      'lease',
      'retention',
    ] as const) {
      expect(given.config[section]).toEqual(bare.config[section])
    }
  })
})
