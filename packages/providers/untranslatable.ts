import type { Endpoint } from '@longhaul/contracts'
import type { ProviderDeployment } from './port.ts'

/** A request that cannot be asked for in the words of a chat completion. */
export class UntranslatableError extends Error {
  /** The path of the field at fault: `tools[0].type`. */
  readonly field: string

  constructor(field: string, why: string) {
    super(`\`${field}\` has no counterpart in chat completions: ${why}`)
    this.name = 'UntranslatableError'
    this.field = field
  }
}

/** What `say` gives, or why the request cannot be said so. */
export function saidOrUntranslatable<Said>(say: () => Said): Said | UntranslatableError {
  try {
    return say()
  } catch (error) {
    if (error instanceof UntranslatableError) return error
    throw error
  }
}

/** Whether the deployment gives what the endpoint gives by itself. */
export function speaks({ endpoints }: ProviderDeployment, endpoint: Endpoint): boolean {
  return endpoints === undefined || endpoints.includes(endpoint)
}
