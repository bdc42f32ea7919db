import type { Catalog, DecisionRecord } from '@longhaul/contracts'
import { createRouter, type Decision, resolveRequested } from '@longhaul/routing'
import {
  type ConfigResult,
  chooseCatalog,
  describeFault,
  type Env,
  loadConfigFile,
  nearMiss,
  probeOllama,
} from '@longhaul/runtime'
import Table from 'cli-table3'
import { Option } from 'commander'
import type { AddCommand, CliContext } from '../command.ts'

/** Of a simulator that would be started; nothing is called here. */
const NO_SIMULATOR = 'http://127.0.0.1:0'

interface Options {
  config?: string
  policy?: string
  model?: string
}

export const addRoute: AddCommand = (program, context, exit) => {
  program
    .command('route')
    .description('show which model a prompt would go to, and why; nothing is called')
    .argument('<prompt>', 'what a user would ask')
    .option(
      '--config <file>',
      'the longhaul.yaml; default: that of LONGHAUL_CONFIG, else the models that `npm start` would use',
    )
    .addOption(
      new Option('--policy <name>', 'a policy of it; default: its default_policy').conflicts(
        'model',
      ),
    )
    .option('--model <name>', 'the model of the body; default: auto')
    .action(async (prompt: string, options: Options) => exit(await route(prompt, options, context)))
}

/** 0 when a model was chosen; 1 when none qualifies, a name is unknown or the configuration has faults. */
async function route(
  prompt: string,
  options: Options,
  { env, print, complain }: CliContext,
): Promise<0 | 1> {
  const path = options.config ?? env.LONGHAUL_CONFIG
  const result = path === undefined ? await withoutFile(env) : loadConfigFile(path, env)
  if (!result.ok) {
    for (const fault of result.faults) complain(`${describeFault(path ?? '', fault)}\n`)
    return 1
  }
  const unknown = unknownName(options, result.config)
  if (unknown !== undefined) {
    complain(`${unknown}\n`)
    return 1
  }
  const { record, failure } = decide(prompt, options, result.config)
  print(`${explained(record)}\n`)
  return failure ? 1 : 0
}

/** What to say of a policy or model that the configuration has not. */
function unknownName({ policy, model }: Options, catalog: Catalog): string | undefined {
  const policies = [...new Set(['auto', ...Object.keys(catalog.policies)])]
  if (policy !== undefined && !policies.includes(policy)) {
    return `--policy: ${notThere('policy', policy, policies)}`
  }
  if (resolveRequested(catalog, model)) return undefined
  const known = [...policies, ...Object.keys(catalog.models)]
  return `--model: ${notThere('model or policy', String(model), known)}`
}

function notThere(kind: string, name: string, known: string[]): string {
  const near = nearMiss(name, known)
  const hint = near === undefined ? '' : ` Did you mean "${near}"?`
  return `the configuration has no ${kind} called "${name}".${hint} There are: ${known.join(', ')}.`
}

async function withoutFile(env: Env): Promise<ConfigResult> {
  const simulatorOrigin = async () => NO_SIMULATOR
  const { config } = await chooseCatalog({ env, probeOllama, simulatorOrigin })
  return { ok: true, config }
}

/** As the router would with all models idle. */
function decide(prompt: string, { policy, model }: Options, catalog: Catalog): Decision {
  const body = { messages: [{ role: 'user', content: prompt }] }
  const request = {
    endpoint: '/v1/chat/completions' as const,
    body,
    bodyBytes: Buffer.byteLength(JSON.stringify(body)),
    lane: 'standard' as const,
    tenantId: 'command line',
    metadata: {},
    deadlineAt: undefined,
    exclusions: [],
    preferred: [],
  }
  const idle = { latencyMs: undefined, errorRate: 0, inFlight: 0, queued: 0, capacity: 1 }
  return createRouter(catalog).decide(
    request,
    { of: () => idle },
    {
      policy: policy ?? null,
      requestedModel: model ?? null,
      number: 1,
      now: Date.now(),
      random: Math.random,
    },
  )
}

function explained(record: DecisionRecord): string {
  const { candidates, filtered } = record
  return [
    ...(record.prompt ? [promptTable(record.prompt)] : []),
    ...(candidates.length > 0 ? [candidateTable(candidates)] : []),
    ...filtered.map(({ model, detail }) => `left out: ${model}, ${detail}`),
    `${record.policy} (${record.strategy}): ${record.model ?? 'no model'}. ${record.reason}`,
  ].join('\n')
}

function promptTable(prompt: NonNullable<DecisionRecord['prompt']>): string {
  const table = new Table({ style: plain })
  const weighed = prompt.features.map(({ name, weight }) => `${name} ${signed(weight)}`)
  table.push(
    ['domain', `${prompt.domain}, ${percent(prompt.domain_probability)} sure`],
    ['intent', `${prompt.intent}, in ${prompt.language}`],
    ['complexity', `${bar(prompt.complexity)} ${percent(prompt.complexity)}`],
    ['familiarity', `${bar(prompt.familiarity)} ${percent(prompt.familiarity)}`],
    ['weighed most', weighed.join(', ')],
    ['answer', `about ${prompt.output_tokens} tokens`],
    ['routing model', prompt.model],
  )
  return table.toString()
}

function candidateTable(candidates: DecisionRecord['candidates']): string {
  const table = new Table({ head: ['model', 'quality', 'USD', 'wait', 'score'], style: plain })
  for (const { model, quality, quality_uncertainty = 0, ...rest } of candidates) {
    const expected =
      quality === undefined
        ? ''
        : `${bar(quality)} ${percent(quality)} ±${percent(quality_uncertainty)}`
    const wait = rest.estimated_wait_ms === undefined ? '' : `${rest.estimated_wait_ms} ms`
    const usd = rest.estimated_cost_usd.toPrecision(2)
    table.push([model, expected, usd, wait, rest.score.toFixed(3)])
  }
  return table.toString()
}

const plain = { head: [], border: [] }
const BAR = 20

function bar(share: number): string {
  const full = Math.round(share * BAR)
  return '█'.repeat(full) + '░'.repeat(BAR - full)
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`
}

function signed(weight: number): string {
  return weight > 0 ? `+${weight}` : String(weight)
}
