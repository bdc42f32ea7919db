const LONGEST_DETAIL = 2_000

/** Keys as providers issue them, whole or masked: some quote the key that they refuse. */
const KEY_LIKE = /\b(?:sk|pk|gsk|xai|nvapi)-[\w*.-]{8,}|\bhf_\w{20,}|\bAIza[\w-]{20,}/g

/** The provider's words, fit to be stored and shown: no secrets, at most 2,000 characters. */
export function presentable(words: string, secrets: readonly string[]): string {
  // Cut generously first: what is far behind the bound costs nothing then, and no key is cut in two.
  let text = words.slice(0, 4 * LONGEST_DETAIL)
  for (const secret of secrets) text = text.replaceAll(secret, '[redacted]')
  return storable(text.replace(KEY_LIKE, '[redacted]').slice(0, LONGEST_DETAIL))
}

/** PostgreSQL's text holds neither NUL nor half of a surrogate pair, which a cut may leave. */
function storable(text: string): string {
  return text.replaceAll('\0', '\ufffd').toWellFormed()
}
