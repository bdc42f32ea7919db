import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach } from '@jest/globals'
import { type Clock, type Deployment, systemClock } from '@longhaul/contracts'
import type { Provider, ProviderDeployment } from './port.ts'
import { openProviders } from './providers.ts'

const cleanups: (() => Promise<void> | void)[] = []

afterEach(async () => {
  for (const cleanUp of cleanups.splice(0).reverse()) await cleanUp()
})

/** A provider that is stopped after the test. */
export function openTestProvider(clock: Clock = systemClock): Provider {
  const provider = openProviders({ clock })
  cleanups.push(() => provider.stop())
  return provider
}

export function testDeployment(
  base_url: string,
  config: Partial<Deployment> = {},
  more: Partial<ProviderDeployment> = {},
): ProviderDeployment {
  return {
    key: 'small/first',
    model: 'small',
    price: { input: 1, output: 2 },
    config: {
      provider: 'openai-compatible',
      base_url,
      headers: {},
      max_concurrency: 4,
      timeout: 10_000,
      weight: 1,
      ...config,
    },
    ...more,
  }
}

export interface ReceivedCall {
  path: string
  headers: IncomingMessage['headers']
  body: Record<string, unknown>
}

export interface ScriptedServer {
  /** `http://127.0.0.1:<port>` */
  origin: string
  calls: ReceivedCall[]
  /** Connections accepted so far. */
  connections: number
}

type Answer = (response: ServerResponse, call: ReceivedCall) => void

/** A server that answers each call as told; it is closed after the test. */
export async function openServer(answer: Answer): Promise<ScriptedServer> {
  const scripted: ScriptedServer = { origin: '', calls: [], connections: 0 }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>
      const call = { path: request.url ?? '', headers: request.headers, body }
      scripted.calls.push(call)
      answer(response, call)
    })
  })
  server.on('connection', () => {
    scripted.connections += 1
  })
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  cleanups.push(() => {
    server.closeAllConnections()
    server.close()
  })
  scripted.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return scripted
}

export function answerJson(
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): Answer {
  return response => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }
}

/** Streams the payloads as events and ends as told: with `[DONE]` unless given. */
export function answerStream(payloads: (object | string)[], last = 'data: [DONE]\n\n'): Answer {
  return response => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const payload of payloads) {
      response.write(`data: ${typeof payload === 'string' ? payload : JSON.stringify(payload)}\n\n`)
    }
    response.end(last)
  }
}

export function chatRequest(more: Record<string, unknown> = {}) {
  return {
    endpoint: '/v1/chat/completions' as const,
    body: { model: 'auto', messages: [{ role: 'user', content: 'Hello' }], ...more },
  }
}

export const completion = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'small-2026',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
}

export const never = new AbortController().signal
