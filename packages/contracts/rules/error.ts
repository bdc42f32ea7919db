/** Where an expression cannot be used, and why. */
export class RuleExpressionError extends Error {
  readonly code = 'rule_expression'
  /** 1 for the first. */
  readonly character: number
  readonly remedy: string

  constructor(message: string, character: number, remedy: string) {
    super(message)
    this.character = character
    this.remedy = remedy
  }
}
