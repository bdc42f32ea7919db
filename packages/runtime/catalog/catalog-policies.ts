import type { ConfigInput } from './known-models.ts'

/**
 * `auto` by what the prompt asks for, `quality` at any price, `economy` and
 * `fast` whatever it asks for. They name no model, so they hold for any choice.
 */
export const catalogPolicies: NonNullable<ConfigInput['policies']> = {
  auto: { strategy: 'predictive' },
  quality: { strategy: 'predictive', prefer: 'quality' },
  economy: { strategy: 'cheapest' },
  fast: { strategy: 'fastest' },
}
