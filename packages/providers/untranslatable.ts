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
