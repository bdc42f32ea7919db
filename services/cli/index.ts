export type { AddCommand, CliContext } from './command.ts'
export { runCli } from './program.ts'
