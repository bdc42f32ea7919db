import type { JsonObject } from '@longhaul/contracts'
import { UntranslatableError } from '../untranslatable.ts'

/** What the legacy endpoint bounds an answer to where nothing is said. */
const DEFAULT_MAX_TOKENS = 16
/** Each text is a call of its own, one after the other. */
const MOST_PROMPTS = 32

/** Said in the words of chat completions, refused, or nothing to the model. */
const notPassedOn = new Set([
  'prompt',
  'max_tokens',
  'echo',
  'suffix',
  'logprobs',
  'best_of',
  'stream',
  'stream_options',
])

/**
 * The chat completions that ask for what a legacy completion asks for: one for
 * each of its texts. Fields that both have, and those that we do not know, pass through.
 * @throws {UntranslatableError} for what chat completions cannot say
 */
export function chatRequests(body: JsonObject): JsonObject[] {
  refuseTheUnspoken(body)
  const shared: JsonObject = { max_tokens: body.max_tokens ?? DEFAULT_MAX_TOKENS }
  for (const [name, value] of Object.entries(body)) {
    if (!notPassedOn.has(name)) shared[name] = value
  }
  return textsOf(body.prompt).map(content => ({ ...shared, messages: [{ role: 'user', content }] }))
}

function textsOf(prompt: unknown): string[] {
  const prompts = Array.isArray(prompt) ? prompt : [prompt]
  const texts = prompts.filter(one => typeof one === 'string')
  if (texts.length < prompts.length) {
    throw new UntranslatableError('prompt', 'tokens are of one model only, send text')
  }
  if (texts.length > MOST_PROMPTS) {
    const why = `each text is a call of its own, send ${MOST_PROMPTS} at most, or lines of a batch`
    throw new UntranslatableError('prompt', why)
  }
  return texts
}

function refuseTheUnspoken({ echo, suffix, logprobs, best_of: bestOf, n }: JsonObject): void {
  if (echo === true) {
    throw new UntranslatableError('echo', 'put the prompt before the answer yourself')
  }
  if (suffix != null && suffix !== '') {
    throw new UntranslatableError('suffix', 'say in the prompt what is to follow')
  }
  if (logprobs != null) {
    throw new UntranslatableError('logprobs', 'ask for them at /v1/chat/completions')
  }
  if (typeof bestOf === 'number' && bestOf > Number(n ?? 1)) {
    throw new UntranslatableError('best_of', 'ask for several by `n`, and choose')
  }
}
