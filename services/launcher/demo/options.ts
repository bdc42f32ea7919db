import { Command, InvalidArgumentError } from 'commander'

export interface DemoOptions {
  /** Spend what the real models cost without asking. */
  yes: boolean
  /** Only the first so many prompts. */
  prompts: number | undefined
  /** On a cluster of processes, with Kafka and Redis. */
  cluster: boolean
}

type Values = Omit<DemoOptions, 'prompts'> & { prompts?: number }

/** Reads the command line; prints the help or what is wrong with it, and exits, where it is not to be run. */
export function readOptions(words: readonly string[]): DemoOptions {
  const program = new Command('npm run demo --')
    .description('Runs a sample of real prompts through a Longhaul of its own')
    .option('--yes', 'spend what the real models cost without asking', false)
    .option('--prompts <count>', 'only the first so many prompts', count)
    .option('--cluster', 'on Kafka and Redis, each service in processes of its own', false)
    .showHelpAfterError()
    .allowExcessArguments(false)
  program.parse([...words], { from: 'user' })
  const { yes, prompts, cluster } = program.opts<Values>()
  return { yes, prompts, cluster }
}

function count(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('Write a whole number from 1.')
  return Number(text)
}
