import { catalogPolicies } from './catalog-policies.ts'
import type { ConfigInput } from './known-models.ts'

/** Five models of the simulator; prices and windows are made up, and differ as real ones do. */
export function simulatorCatalog(origin: string): ConfigInput {
  const deployments = {
    simulator: { provider: 'openai-compatible', base_url: `${origin}/v1`, timeout: '1m' },
  } as const
  return {
    models: {
      'sim-small': {
        context_window: 32_768,
        max_output_tokens: 4_096,
        usual_output_tokens: usualOf('sim-small'),
        price: { input: 0.05, output: 0.2, cached_input: 0.005 },
        capabilities: ['json'],
        endpoints: ['/v1/chat/completions', '/v1/responses', '/v1/embeddings'],
        quality: 0.45,
        deployments,
      },
      'sim-medium': {
        context_window: 131_072,
        max_output_tokens: 16_384,
        usual_output_tokens: usualOf('sim-medium'),
        price: { input: 0.4, output: 1.6, cached_input: 0.04 },
        capabilities: ['tools', 'json'],
        endpoints: ['/v1/chat/completions', '/v1/responses'],
        quality: 0.7,
        deployments,
      },
      'sim-vision': {
        context_window: 131_072,
        max_output_tokens: 8_192,
        usual_output_tokens: usualOf('sim-vision'),
        price: { input: 0.8, output: 3.2 },
        capabilities: ['tools', 'json', 'vision'],
        quality: 0.72,
        deployments,
      },
      'sim-large': {
        context_window: 262_144,
        max_output_tokens: 32_768,
        usual_output_tokens: usualOf('sim-large'),
        price: { input: 3, output: 15, cached_input: 0.3, cache_write: 3.75 },
        capabilities: ['tools', 'json', 'logprobs'],
        endpoints: ['/v1/chat/completions', '/v1/responses'],
        quality: 0.95,
        deployments,
      },
      'sim-claude': {
        context_window: 200_000,
        max_output_tokens: 64_000,
        usual_output_tokens: usualOf('sim-claude'),
        price: { input: 2, output: 10, cached_input: 0.2, cache_write: 2.5 },
        capabilities: ['tools', 'vision'],
        quality: 0.88,
        deployments: {
          simulator: { provider: 'anthropic', base_url: `${origin}/v1`, timeout: '1m' },
        },
      },
    },
    policies: catalogPolicies,
  }
}

interface SimulatedPace {
  latencyMs: { distribution: 'lognormal'; median: number; sigma: number }
  tokensPerSecond: number
  outputTokens: { min: number; max: number }
}

/** How these models answer: behaviours for the simulator, quick enough for a demonstration. */
export const simulatorBehaviours: Record<string, SimulatedPace> = {
  'sim-small': pace(80, 900, { min: 40, max: 180 }),
  'sim-medium': pace(160, 600, { min: 60, max: 320 }),
  'sim-vision': pace(200, 500, { min: 60, max: 260 }),
  'sim-large': pace(380, 350, { min: 120, max: 450 }),
  'sim-claude': pace(280, 400, { min: 100, max: 400 }),
}

/** They answer with any length between their bounds alike. */
function usualOf(model: string): number | undefined {
  const tokens = simulatorBehaviours[model]?.outputTokens
  return tokens && (tokens.min + tokens.max) / 2
}

function pace(
  median: number,
  tokensPerSecond: number,
  outputTokens: { min: number; max: number },
): SimulatedPace {
  return {
    latencyMs: { distribution: 'lognormal', median, sigma: 0.4 },
    tokensPerSecond,
    outputTokens,
  }
}
