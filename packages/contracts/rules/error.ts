/** What to do about a fault; or a name beside those that exist, for a reader to suggest the nearest. */
export type RuleRemedy = { remedy: string } | { named: string; known: readonly string[] }

/** Where an expression cannot be used, and why. */
export interface RuleFault {
  message: string
  /** 1 for the first. */
  character: number
  remedy: RuleRemedy
}

/** An expression that cannot be used. */
export class RuleExpressionError extends Error {
  readonly code = 'rule_expression'
  /** In the order of the text; at least one. */
  readonly faults: readonly RuleFault[]

  constructor(faults: readonly RuleFault[]) {
    super(faults.map(({ message, character }) => `${message}, at ${character}`).join('; '))
    this.faults = faults
  }
}
