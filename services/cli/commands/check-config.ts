import { builtInPolicy, type Config, type Policy } from '@longhaul/contracts'
import { describeFault, loadConfigFile } from '@longhaul/runtime'
import Table from 'cli-table3'
import type { AddCommand, CliContext } from '../command.ts'

export const addCheckConfig: AddCommand = (program, context, exit) => {
  program
    .command('check-config')
    .description('check a configuration file and report every fault')
    .argument('<file>', 'the longhaul.yaml')
    .action((file: string) => exit(checkConfig(file, context)))
}

/** 0 and a summary, or 1 and a line per fault. */
function checkConfig(file: string, { env, print, complain }: CliContext): 0 | 1 {
  const result = loadConfigFile(file, env)
  if (result.ok) {
    print(`${summaryOf(result.config)}\n${file} is sound.\n`)
    return 0
  }
  const { faults } = result
  for (const fault of faults) complain(`${describeFault(file, fault)}\n`)
  complain(`${faults.length} ${faults.length === 1 ? 'fault' : 'faults'} in ${file}.\n`)
  return 1
}

function summaryOf(config: Config): string {
  return [modelTable(config), policyTable(config)].join('\n')
}

function modelTable({ models }: Config): string {
  const table = new Table({
    head: ['model', 'window', 'USD/M in', 'USD/M out', 'quality', 'abilities', 'deployments'],
    style: plain,
  })
  for (const [name, model] of Object.entries(models)) {
    table.push([
      name,
      model.context_window.toLocaleString('en'),
      model.price.input,
      model.price.output,
      model.quality ?? '',
      model.capabilities.join(' '),
      Object.entries(model.deployments)
        .map(
          ([deployment, { provider, base_url: url }]) =>
            `${deployment}: ${hostOf(url)} (${provider})`,
        )
        .join('\n'),
    ])
  }
  return table.toString()
}

function policyTable({ policies, default_policy: defaultPolicy }: Config): string {
  const table = new Table({ head: ['policy', 'strategy', 'models', 'default'], style: plain })
  const rows = Object.entries(policies)
  if (!('auto' in policies))
    table.push(['auto', builtInPolicy.strategy, 'all (built in)', mark('auto', defaultPolicy)])
  for (const [name, policy] of rows) {
    const used = policy.models ?? preferredBy(policy)
    table.push([name, policy.strategy, used?.join(' ') ?? 'all', mark(name, defaultPolicy)])
  }
  return table.toString()
}

/** The models that rules or routes name; undefined for strategies that name none. */
function preferredBy({ strategy, rules, semantic }: Policy): string[] | undefined {
  const uses = {
    rules: rules?.map(rule => rule.use),
    semantic: semantic && Object.values(semantic.routes).map(route => route.use),
  }
  const named = strategy === 'rules' || strategy === 'semantic' ? uses[strategy] : undefined
  return named && [...new Set(named.flat(1))]
}

const plain = { head: [], border: [] }

function mark(name: string, defaultPolicy: string): string {
  return name === defaultPolicy ? 'yes' : ''
}

/** Without path and credentials. */
function hostOf(url: string): string {
  return new URL(url).host
}
