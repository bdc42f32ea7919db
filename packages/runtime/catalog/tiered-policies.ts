import type { ConfigInput, Tier } from './known-models.ts'

type Policies = NonNullable<ConfigInput['policies']>
type Rule = NonNullable<Policies[string]['rules']>[number]

/** Words of tasks at which small models fail, however short the prompt is. */
const DEMANDING =
  '\\b(prove|proof|theorem|lemma|derive|integral|eigenvalue|combinatori\\w+|' +
  'diagnos[ei]s|differential|contraindicat\\w+|dosage|' +
  'liability|statute|jurisdiction|indemnif\\w+|plaintiff|tort|' +
  'refactor|deadlock|race condition|concurren\\w+|stack trace|algorithm|complexity|' +
  'stoichiometr\\w+|thermodynamic\\w*|reaction mechanism|architecture|trade-?offs?|step by step)\\b'

/** From here on a prompt is a document. */
const LONG_TOKENS = 6_000
/** Up to here a prompt without a demanding word is small talk or a simple task. */
const SHORT_TOKENS = 120

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
      { when: { max_tokens: SHORT_TOKENS }, use: small },
      { when: { min_tokens: 0 }, use: medium },
    )
  }
  return {
    auto: { strategy: 'rules', rules, otherwise: 'cheapest' },
    economy: { strategy: 'cheapest' },
    fast: { strategy: 'fastest' },
  }
}
