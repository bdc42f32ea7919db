const MODELS = 20

const deployments = { main: { provider: 'openai-compatible', base_url: 'http://127.0.0.1:9/v1' } }

/** Twenty models, the better the dearer, as a configuration has them. */
export function manyModels(): Record<string, object> {
  return Object.fromEntries(
    Array.from({ length: MODELS }, (_, place) => [
      `model-${place}`,
      {
        context_window: 128_000,
        quality: 0.4 + place / 40,
        price: { input: 0.1 + place / 4, output: 0.4 + place },
        deployments,
      },
    ]),
  )
}
