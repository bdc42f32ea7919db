/** What to do about a fault; or a name beside those that exist, for a reader to suggest the nearest. */
export type RuleRemedy = { remedy: string } | { named: string; known: readonly string[] }

/** Where an expression cannot be used, and why. */
export class RuleExpressionError extends Error {
  readonly code = 'rule_expression'
  /** 1 for the first. */
  readonly character: number
  readonly remedy: RuleRemedy

  constructor(message: string, character: number, remedy: RuleRemedy) {
    super(message)
    this.character = character
    this.remedy = remedy
  }
}
