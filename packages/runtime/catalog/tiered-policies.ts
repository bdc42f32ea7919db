import type { ConfigInput, Tier } from './known-models.ts'

type Policies = NonNullable<ConfigInput['policies']>
type Rule = NonNullable<Policies[string]['rules']>[number]

/** Words of tasks at which small models fail, however short the prompt is: stems, in RE2's syntax. */
const demanding = [
  'pro(?:ve|of)|theorem|lemma|deriv(?:e|ation)|integral|galois|eigenv|induction|probabilit|variance',
  'undefined behaviou?r|race condition|deadlock|concurren|refactor|pull request|stack trace|crash',
  'architectur|trade-?offs?|distributed|algorithm|complexity|schema|explain analyze|root cause',
  'diagnos|differential|contraindic|clinical|dos(?:e|age)s?\\b|patients?\\b|randomi[sz]ed|symptom',
  'liabil|indemn|statut|jurisdiction|plaintiff|court\\b|clauses?\\b|contract law|gdpr|regulation',
  'due diligence|black.scholes|valuation|pre-money|confidence interval|causal|regression',
  'stereochem|mechanism|thermodynam|enthalp|equilibrium|quantum|molar|referee',
  'step by step|berechne|beweis|démontre|calcule|demuestra',
]
const DEMANDING = `(?:\\b(?:${demanding.join('|')})|[∫∑∀∃√ℝℚ]|证明|証明)`

/** Tasks that any model does well, unless they are demanding as well. */
const SIMPLE =
  '(?:\\b(?:translat|traduis|traduc|übersetz|summari[sz]|tl;dr|fasse|résume|resum|extract|' +
  'classif|normali[sz]|rewrite|rephrase|proofread|spell|convert|headline|subject line)|翻訳|翻译|ترجم)'

/** From here on a prompt is a document. */
const LONG_TOKENS = 6_000
/** Up to here a prompt without a demanding word is a quick question. */
const QUICK_TOKENS = 40

/**
 * `auto` by content and length, `economy`, `fast`. Every tier falls back to its
 * neighbours, so that the rules hold for any choice of models.
 */
export function tieredPolicies(tiers: Record<string, Tier>): Policies {
  const of = (...wanted: Tier[]) =>
    wanted.flatMap(tier => Object.keys(tiers).filter(name => tiers[name] === tier))
  const small = of('small', 'medium', 'large', 'frontier')
  const medium = of('medium', 'large', 'small', 'frontier')
  const large = of('large', 'frontier', 'medium', 'small')
  const embedding = of('embedding')
  const rules: Rule[] = []
  if (embedding.length > 0) rules.push({ when: { endpoint: '/v1/embeddings' }, use: embedding })
  if (small.length > 0) {
    rules.push(
      { when: { content: DEMANDING }, use: large },
      { when: { min_tokens: LONG_TOKENS }, use: large },
      { when: { content: SIMPLE }, use: small },
      { when: { max_tokens: QUICK_TOKENS }, use: small },
      { when: { min_tokens: 0 }, use: medium },
    )
  }
  return {
    auto: { strategy: 'rules', rules, otherwise: 'cheapest' },
    economy: { strategy: 'cheapest' },
    fast: { strategy: 'fastest' },
  }
}
