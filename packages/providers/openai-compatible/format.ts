import {
  type Deployment,
  type Endpoint,
  isObject,
  type JsonObject,
  objectOf,
} from '@longhaul/contracts'
import type { OnChunk, ProviderDeployment, ProviderRequest } from '../port.ts'
import { readUsage } from '../usage.ts'
import {
  excerpt,
  type InvalidCall,
  malformed,
  type PreparedCall,
  type Reading,
  type StreamReader,
  type WireFormat,
} from '../wire-format.ts'
import { ChatStream } from './chat-stream.ts'
import { CompletionsStream } from './completions-stream.ts'
import { errorIn } from './error-in-answer.ts'
import { ResponsesStream } from './responses-stream.ts'

/**
 * OpenAI's HTTP API and whoever speaks it. Bodies and answers pass through
 * whole; only `model` and what concerns streaming are set.
 */
export const openAiCompatible: WireFormat = {
  headers: ({ api_key }: Deployment) => {
    const headers: Record<string, string> = {}
    if (api_key !== undefined) headers.authorization = `Bearer ${api_key.trim()}`
    return headers
  },
  prepare,
  readWhole,
  openStream: (request: ProviderRequest, onChunk: OnChunk): StreamReader =>
    new (streams[request.endpoint] ?? ChatStream)(onChunk),
}

const streams: Partial<Record<Endpoint, new (onChunk: OnChunk) => StreamReader>> = {
  '/v1/responses': ResponsesStream,
  '/v1/completions': CompletionsStream,
}

function prepare(
  { endpoint, body }: ProviderRequest,
  { config, model }: ProviderDeployment,
  streaming: boolean,
): PreparedCall | InvalidCall {
  if (endpoint === '/v1/responses' && body.background === true) {
    return {
      ok: false,
      detail: '`background` has no use here: the job itself runs in the background',
    }
  }
  const sent: JsonObject = { ...body, model: config.model ?? model }
  if (streaming && endpoint !== '/v1/embeddings') {
    sent.stream = true
    if (endpoint !== '/v1/responses') {
      sent.stream_options = { ...objectOf(body.stream_options), include_usage: true }
    }
  } else if ('stream' in sent) {
    delete sent.stream
    delete sent.stream_options
  }
  return { ok: true, path: endpoint.slice('/v1'.length), body: JSON.stringify(sent) }
}

function readWhole(text: string): Reading {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    const { message } = error as Error
    return malformed(text === '' ? 'the answer is empty' : `the answer is not JSON: ${message}`)
  }
  if (!isObject(value)) return malformed(`the answer is no JSON object: ${excerpt(text)}`)
  const usage = readUsage(value.usage)
  const error = errorIn(value)
  if (error !== undefined) return { kind: 'error', error, usage }
  return { kind: 'answer', value, body: text, usage }
}
