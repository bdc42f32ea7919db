import { type Clock, type Deployment, isObject } from '@longhaul/contracts'
import type { OnChunk, ProviderDeployment, ProviderRequest } from '../port.ts'
import {
  excerpt,
  type InvalidCall,
  malformed,
  type PreparedCall,
  type Reading,
  type WireFormat,
} from '../wire-format.ts'
import { completionReading } from './completion.ts'
import { MessagesStream } from './messages-stream.ts'
import { messagesRequest } from './request.ts'
import { UntranslatableError } from './untranslatable.ts'

/** The version of the API that this format speaks; a deployment's `headers` can name another. */
const API_VERSION = '2023-06-01'

/**
 * Anthropic's Messages. Chat completions are put into Messages and answers
 * back into chat completions; responses and embeddings have no counterpart.
 */
export const anthropic: WireFormat = {
  headers: ({ api_key }: Deployment) => ({
    'anthropic-version': API_VERSION,
    ...(api_key !== undefined && { 'x-api-key': api_key.trim() }),
  }),
  prepare,
  readWhole,
  openStream: ({ body }: ProviderRequest, onChunk: OnChunk, clock: Clock) =>
    new MessagesStream(body, onChunk, createdSeconds(clock)),
}

function prepare(
  { endpoint, body }: ProviderRequest,
  { config, model, maxOutputTokens }: ProviderDeployment,
  streaming: boolean,
): PreparedCall | InvalidCall {
  if (endpoint !== '/v1/chat/completions') {
    const detail = `${endpoint} has no counterpart in Anthropic's Messages: only /v1/chat/completions has`
    return { ok: false, detail }
  }
  try {
    const request = messagesRequest(body, { model: config.model ?? model, maxOutputTokens })
    if (streaming) request.stream = true
    return { ok: true, path: '/messages', body: JSON.stringify(request) }
  } catch (error) {
    if (error instanceof UntranslatableError) return { ok: false, detail: error.message }
    throw error
  }
}

function readWhole(text: string, { body }: ProviderRequest, clock: Clock): Reading {
  let message: unknown
  try {
    message = JSON.parse(text)
  } catch (error) {
    const detail = (error as Error).message
    return malformed(text === '' ? 'the answer is empty' : `the answer is not JSON: ${detail}`)
  }
  if (!isObject(message)) return malformed(`the answer is no JSON object: ${excerpt(text)}`)
  if (message.type === 'error' || isObject(message.error)) return { kind: 'error', error: message }
  return completionReading(message, body, createdSeconds(clock))
}

/** Messages carry no time of their own. */
function createdSeconds(clock: Clock): number {
  return Math.floor(clock.now() / 1_000)
}
