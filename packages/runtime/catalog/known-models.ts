import type { configSchema } from '@longhaul/contracts'
import type { z } from 'zod'

export type ConfigInput = z.input<typeof configSchema>
export type ModelInput = ConfigInput['models'][string]
export type DeploymentInput = ModelInput['deployments'][string]

export interface KnownProvider {
  /** The environment variable of its key. */
  key: string
  deployment: Omit<DeploymentInput, 'api_key' | 'model'>
}

export interface KnownModel extends Omit<ModelInput, 'deployments'> {
  /** Provider → its name of the model, and its price where it differs. */
  at: Record<string, { model: string; price?: ModelInput['price'] }>
}

const openAiCompatible = (base_url: string) =>
  ({ provider: 'openai-compatible', base_url }) as const

export const knownProviders: Record<string, KnownProvider> = {
  openai: { key: 'OPENAI_API_KEY', deployment: openAiCompatible('https://api.openai.com/v1') },
  anthropic: {
    key: 'ANTHROPIC_API_KEY',
    deployment: { provider: 'anthropic', base_url: 'https://api.anthropic.com/v1' },
  },
  gemini: {
    key: 'GEMINI_API_KEY',
    deployment: openAiCompatible('https://generativelanguage.googleapis.com/v1beta/openai'),
  },
  mistral: { key: 'MISTRAL_API_KEY', deployment: openAiCompatible('https://api.mistral.ai/v1') },
  deepseek: {
    key: 'DEEPSEEK_API_KEY',
    deployment: openAiCompatible('https://api.deepseek.com'),
  },
  groq: { key: 'GROQ_API_KEY', deployment: openAiCompatible('https://api.groq.com/openai/v1') },
  together: {
    key: 'TOGETHER_API_KEY',
    deployment: openAiCompatible('https://api.together.xyz/v1'),
  },
  openrouter: {
    key: 'OPENROUTER_API_KEY',
    // Dearer by its fee, and a hop further: the provider's own key comes first.
    deployment: { ...openAiCompatible('https://openrouter.ai/api/v1'), weight: 0.2 },
  },
}

const chat = '/v1/chat/completions'
const responses = '/v1/responses'

/**
 * Prices in USD per million tokens, windows and abilities as the providers
 * published them on 2026-11-24. Where long prompts cost more, the price is that
 * of short ones. `quality` is our order of strength, not a benchmark. Whoever
 * needs exact figures writes a longhaul.yaml.
 */
export const knownModels: Record<string, KnownModel> = {
  // OpenAI: double the price above 272,000 input tokens.
  'gpt-6-luna': {
    context_window: 1_050_000,
    max_output_tokens: 128_000,
    price: { input: 0.1, output: 0.5, cached_input: 0.01, cache_write: 0.125 },
    // No tools: chat completions takes them only without reasoning.
    capabilities: ['json', 'vision'],
    endpoints: [chat, responses],
    quality: 0.72,
    at: { openai: { model: 'gpt-6-luna' }, openrouter: { model: 'openai/gpt-6-luna' } },
  },
  'gpt-6.2-sol': {
    context_window: 1_050_000,
    max_output_tokens: 128_000,
    price: { input: 2, output: 10, cached_input: 0.1, cache_write: 2.5 },
    capabilities: ['tools', 'json', 'vision'],
    endpoints: [chat, responses],
    quality: 0.92,
    at: { openai: { model: 'gpt-6.2-sol' }, openrouter: { model: 'openai/gpt-6.2-sol' } },
  },
  'gpt-6.2-astra': {
    context_window: 1_050_000,
    max_output_tokens: 128_000,
    price: { input: 8, output: 40, cached_input: 0.4, cache_write: 10 },
    capabilities: ['tools', 'json', 'vision'],
    endpoints: [chat, responses],
    quality: 0.98,
    at: { openai: { model: 'gpt-6.2-astra' } },
  },
  'text-embedding-3-small': {
    context_window: 8_192,
    price: { input: 0.02, output: 0 },
    endpoints: ['/v1/embeddings'],
    at: { openai: { model: 'text-embedding-3-small' } },
  },

  // Anthropic. Haiku costs more above 100,000 input tokens.
  'claude-haiku-5.5': {
    context_window: 1_000_000,
    max_output_tokens: 128_000,
    price: { input: 0.1, output: 0.5, cached_input: 0.01, cache_write: 0.125 },
    capabilities: ['tools', 'json', 'vision'],
    quality: 0.74,
    at: {
      anthropic: { model: 'claude-haiku-5-5' },
      openrouter: { model: 'anthropic/claude-haiku-5.5' },
    },
  },
  'claude-sonnet-5.5': {
    context_window: 1_000_000,
    max_output_tokens: 128_000,
    price: { input: 2, output: 10, cached_input: 0.1, cache_write: 2.5 },
    capabilities: ['tools', 'json', 'vision'],
    quality: 0.91,
    at: {
      anthropic: { model: 'claude-sonnet-5-5' },
      openrouter: { model: 'anthropic/claude-sonnet-5.5' },
    },
  },
  'claude-opus-5.5': {
    context_window: 1_000_000,
    max_output_tokens: 128_000,
    price: { input: 4, output: 20, cached_input: 0.2, cache_write: 5 },
    capabilities: ['tools', 'json', 'vision'],
    quality: 0.96,
    at: {
      anthropic: { model: 'claude-opus-5-5' },
      openrouter: { model: 'anthropic/claude-opus-5.5' },
    },
  },

  // Google. 3.8 Flash is at half price until 2026-12-31.
  'gemini-3.5-flash-lite': {
    context_window: 1_048_576,
    max_output_tokens: 65_536,
    price: { input: 0.3, output: 2.5, cached_input: 0.03 },
    capabilities: ['tools', 'json', 'vision', 'audio'],
    quality: 0.68,
    at: { gemini: { model: 'gemini-3.5-flash-lite' } },
  },
  'gemini-3.8-flash': {
    context_window: 1_048_576,
    max_output_tokens: 65_536,
    price: { input: 0.75, output: 3.75, cached_input: 0.075 },
    capabilities: ['tools', 'json', 'vision', 'audio'],
    quality: 0.84,
    at: {
      gemini: { model: 'gemini-3.8-flash' },
      openrouter: { model: 'google/gemini-3.8-flash' },
    },
  },

  // Mistral. Large 4 is at half price during its preview.
  'mistral-large-4': {
    context_window: 524_288,
    max_output_tokens: 262_144,
    price: { input: 0.68, output: 2.09 },
    capabilities: ['tools', 'json', 'vision'],
    quality: 0.83,
    at: { mistral: { model: 'mistral-large-4' } },
  },
  'mistral-medium-3.5': {
    context_window: 262_144,
    price: { input: 1.5, output: 7.5 },
    capabilities: ['tools', 'json', 'vision'],
    quality: 0.79,
    at: {
      mistral: { model: 'mistral-medium-3.5' },
      openrouter: { model: 'mistralai/mistral-medium-3-5' },
    },
  },

  // DeepSeek: at its busy hours; half as much at others.
  'deepseek-flash': {
    context_window: 1_000_000,
    max_output_tokens: 384_000,
    price: { input: 0.3, output: 1.2, cached_input: 0.006 },
    capabilities: ['tools', 'json', 'vision'],
    quality: 0.77,
    at: { deepseek: { model: 'deepseek-flash' } },
  },
  'deepseek-v4-pro': {
    context_window: 1_000_000,
    max_output_tokens: 384_000,
    price: { input: 1.32, output: 3.96, cached_input: 0.044 },
    capabilities: ['tools', 'json'],
    quality: 0.86,
    at: { deepseek: { model: 'deepseek-v4-pro' } },
  },

  // Open weights, to be had in several places.
  'gpt-oss-20b': {
    context_window: 131_072,
    max_output_tokens: 32_768,
    price: { input: 0.075, output: 0.3 },
    capabilities: ['tools', 'json'],
    quality: 0.5,
    at: {
      groq: { model: 'openai/gpt-oss-20b' },
      together: { model: 'openai/gpt-oss-20b', price: { input: 0.05, output: 0.2 } },
    },
  },
  'gpt-oss-120b': {
    context_window: 131_072,
    max_output_tokens: 65_536,
    price: { input: 0.15, output: 0.6 },
    capabilities: ['tools', 'json'],
    quality: 0.66,
    at: {
      groq: { model: 'openai/gpt-oss-120b' },
      together: { model: 'openai/gpt-oss-120b' },
      openrouter: { model: 'openai/gpt-oss-120b' },
    },
  },
}
