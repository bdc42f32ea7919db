import type { Env } from '@longhaul/runtime'
import type { Command } from 'commander'

/** What commands see of the world. */
export interface CliContext {
  env: Env
  /** To standard output. */
  print: (text: string) => void
  /** To standard error. */
  complain: (text: string) => void
}

/**
 * Adds one command to the program. Its action may be asynchronous, and ends
 * with `exit`: 0 when all went well, 1 when not.
 */
export type AddCommand = (
  program: Command,
  context: CliContext,
  exit: (code: 0 | 1) => void,
) => void
