/** A chat completion holds what Messages have no form for; the message names the field. */
export class UntranslatableError extends Error {
  readonly code = 'untranslatable'
}
