import { InputTokens } from '@longhaul/batches'
import {
  type Endpoint,
  type JsonObject,
  objectOf,
  objectsOf,
  type Usage,
} from '@longhaul/contracts'
import { costUsd, type ProviderDeployment, type ProviderSuccess } from '@longhaul/providers'
import { loadTokenizer } from '@longhaul/tokenizer'

/** The answer of a provider that says nothing of tokens, with what was counted in its place. */
export async function withEstimatedUsage(
  result: ProviderSuccess,
  endpoint: Endpoint,
  request: JsonObject,
  { price }: ProviderDeployment,
): Promise<ProviderSuccess> {
  const tokenizer = await loadTokenizer()
  const input = new InputTokens(tokenizer).of(endpoint, request)
  const texts = textsIn(objectOf(JSON.parse(result.body)))
  const output = texts.reduce((sum, text) => sum + tokenizer.count(text), 0)
  const usage: Usage = {
    input_tokens: input,
    cached_input_tokens: 0,
    cache_write_tokens: 0,
    output_tokens: output,
    reasoning_tokens: 0,
    total_tokens: input + output,
    estimated: true,
  }
  return { ...result, usage, costUsd: costUsd(usage, price) }
}

/** What was written: texts, and calls of tools. */
function textsIn({ choices, output }: JsonObject): string[] {
  const messages = objectsOf(choices).map(({ message }) => objectOf(message))
  const items = objectsOf(output)
  return [
    ...objectsOf(choices).map(({ text }) => text),
    ...messages.map(({ content }) => content),
    ...messages.flatMap(({ tool_calls: calls }) => objectsOf(calls).map(argumentsOf)),
    ...items.flatMap(({ content }) => objectsOf(content).map(({ text }) => text)),
    ...items.map(item => item.arguments),
  ].filter(text => typeof text === 'string')
}

function argumentsOf(call: JsonObject): unknown {
  return objectOf(call.function).arguments
}
