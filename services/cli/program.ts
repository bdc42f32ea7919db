import { Command, CommanderError } from 'commander'
import type { AddCommand, CliContext } from './command.ts'
import { addCheckConfig } from './commands/check-config.ts'
import { addConfigSchema } from './commands/config-schema.ts'
import { addKeys } from './commands/keys.ts'
import { addMigrate } from './commands/migrate.ts'
import { addRoute } from './commands/route.ts'

/** One file each, in the order of the help. */
const commands: readonly AddCommand[] = [
  addCheckConfig,
  addConfigSchema,
  addKeys,
  addMigrate,
  addRoute,
]

/**
 * Runs one command line.
 * @param words what follows the program's name
 * @returns the exit code: 0, 1 when the command found a fault, 2 for a command line that is wrong
 */
export async function runCli(words: readonly string[], context: CliContext): Promise<number> {
  let code = 0
  const program = new Command('longhaul')
    .description('Longhaul, an asynchronous LLM router')
    .exitOverride()
    .showHelpAfterError()
    .configureOutput({ writeOut: context.print, writeErr: context.complain })
  for (const add of commands) {
    add(program, context, result => {
      code = result
    })
  }
  try {
    await program.parseAsync([...words], { from: 'user' })
    return code
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? 0 : 2
  }
}
