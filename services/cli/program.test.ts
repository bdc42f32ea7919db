import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from '@jest/globals'
import { configJsonSchema } from '@longhaul/runtime'
import { runCli } from './program.ts'

const folder = mkdtempSync(join(tmpdir(), 'longhaul-cli-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function run(...words: string[]) {
  const printed: string[] = []
  const complained: string[] = []
  const code = await runCli(words, {
    env: { KEY: 'sk-secret' },
    print: text => printed.push(text),
    complain: text => complained.push(text),
  })
  return { code, printed: printed.join(''), complained: complained.join('') }
}

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const sound = `
models:
  gpt:
    context_window: 128000
    price: { input: 0.5, output: 2 }
    capabilities: [tools, json]
    quality: 0.8
    deployments:
      one: { provider: openai-compatible, base_url: https://a.example.com/v1, api_key: "\${KEY}" }
      two: { provider: openai-compatible, base_url: https://b.example.com/v1 }
policies:
  careful: { strategy: rules, rules: [{ when: { tools: true }, use: gpt }] }
default_policy: careful
`

describe('check-config', () => {
  it('shows what a sound file says, without secrets', async () => {
    const path = file('sound.yaml', sound)
    const { code, printed, complained } = await run('check-config', path)
    expect(code).toBe(0)
    expect(complained).toBe('')
    const rows = printed.split('\n').map(row => row.split('│').map(cell => cell.trim()))
    expect(rows).toEqual(
      expect.arrayContaining([
        [
          '',
          'gpt',
          '128,000',
          '0.5',
          '2',
          '0.8',
          'tools json',
          'one: a.example.com (openai-compatible)',
          '',
        ],
        ['', '', '', '', '', '', '', 'two: b.example.com (openai-compatible)', ''],
        ['', 'auto', 'predictive', 'all (built in)', '', ''],
        ['', 'careful', 'rules', 'gpt', 'yes', ''],
        [`${path} is sound.`],
      ]),
    )
    expect(printed).not.toContain('sk-secret')
  })

  it('shows which model a prompt would go to, and why', async () => {
    const path = file('route.yaml', sound.slice(0, sound.indexOf('policies:')))
    const { code, printed } = await run('route', 'Prove that 2 is prime.', '--config', path)
    expect(code).toBe(0)
    expect(printed).toMatch(/domain\s+│ math/)
    expect(printed).toMatch(/complexity\s+│ [█░]{20} \d+%/)
    expect(printed).toMatch(/gpt\s+│ [█░]{20} \d+% ±\d+%/)
    expect(printed).toContain('auto (predictive): gpt. the only model that qualifies')
  })

  it.each([
    [
      '--policy',
      'atuo',
      '--policy: the configuration has no policy called "atuo". Did you mean "auto"? There are: auto, ',
    ],
    [
      '--model',
      'sim-lrge',
      '--model: the configuration has no model or policy called "sim-lrge". Did you mean "sim-large"? ',
    ],
  ])('names what there is when %s names %s', async (option, name, said) => {
    const { code, complained } = await run('route', 'Hello', option, name)
    expect(code).toBe(1)
    expect(complained).toContain(said)
  })

  it('takes a policy or a model, as the API does', async () => {
    const { code, complained } = await run('route', 'Hello', '--policy', 'auto', '--model', 'auto')
    expect(code).not.toBe(0)
    expect(complained).toContain("'--policy <name>' cannot be used with option '--model <name>'")
  })

  it('routes among the models that `npm start` would use when no file is named', async () => {
    const { code, printed } = await run('route', 'Prove that 2 is prime.')
    expect(code).toBe(0)
    expect(printed).toMatch(/auto \(predictive\): sim-/)
  })

  it('says why no model takes a prompt, and ends with 1', async () => {
    const path = file('route.yaml', sound)
    const { code, printed } = await run('route', 'word '.repeat(200_000), '--config', path)
    expect(code).toBe(1)
    expect(printed).toContain('left out: gpt, needs ')
  })

  it('lists every fault with its place, and ends with 1', async () => {
    const path = file('bad.yaml', sound.replace('128000', 'big').replace('base_url', 'baseurl'))
    const { code, printed, complained } = await run('check-config', path)
    expect(code).toBe(1)
    expect(printed).toBe('')
    expect(complained).toBe(
      [
        `${path}:4:21 models.gpt.context_window: must be a number, not text (got "big") — write a number: tokens of input and output together`,
        `${path}:9:7 models.gpt.deployments.one.base_url: is missing — add base_url: up to and with the version: https://api.openai.com/v1`,
        `${path}:9:43 models.gpt.deployments.one.baseurl: is not a known key — did you mean "base_url"?`,
        `3 faults in ${path}.`,
        '',
      ].join('\n'),
    )
  })

  it('ends with 1 for a file that is not there', async () => {
    const { code, complained } = await run('check-config', join(folder, 'none.yaml'))
    expect(code).toBe(1)
    expect(complained).toContain('there is no such file')
  })
})

describe('config-schema', () => {
  it('prints the JSON Schema', async () => {
    const { code, printed } = await run('config-schema')
    expect(code).toBe(0)
    expect(JSON.parse(printed)).toEqual(configJsonSchema())
  })

  it('writes it to a file', async () => {
    const path = join(folder, 'schema.json')
    expect(await run('config-schema', '--out', path)).toMatchObject({ code: 0, printed: '' })
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(configJsonSchema())
  })
})

describe('the command line', () => {
  it.each([
    [['nonsense'], "unknown command 'nonsense'"],
    [['check-config'], "missing required argument 'file'"],
    [['check-config', 'a', 'b'], 'too many arguments'],
    [['config-schema', '--into', 'x'], "unknown option '--into'"],
    [[], 'Usage: longhaul'],
  ])('%j is wrong: 2, with the usage', async (words, message) => {
    const { code, complained } = await run(...words)
    expect(code).toBe(2)
    expect(complained).toContain(message)
    expect(complained).toContain('Usage: longhaul')
  })

  it('shows its commands', async () => {
    const { code, printed } = await run('--help')
    expect(code).toBe(0)
    expect(printed).toMatch(/check-config <file> +check a configuration file/)
    expect(printed).toMatch(/config-schema .* +print the JSON Schema/)
  })

  it('runs as a process', async () => {
    const main = new URL('./main.ts', import.meta.url).pathname
    const ran = promisify(execFile)(process.execPath, [main, 'check-config', join(folder, 'none')])
    await expect(ran).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('1 fault') })
  })
})
