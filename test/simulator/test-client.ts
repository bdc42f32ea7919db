import { afterEach } from '@jest/globals'
import OpenAI from 'openai'
import { type Dispatcher, request } from 'undici'
import { type Simulator, type SimulatorOptions, startSimulator } from './index.ts'

const open: Simulator[] = []

afterEach(async () => {
  await Promise.all(open.splice(0).map(simulator => simulator.close()))
})

/** A simulator that is closed after the test. */
export async function openSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator(options)
  open.push(simulator)
  return simulator
}

export function openAiClient(simulator: Simulator): OpenAI {
  return new OpenAI({ baseURL: simulator.url, apiKey: 'test-key', maxRetries: 0 })
}

export interface Posted {
  status: number
  headers: Dispatcher.ResponseData['headers']
  text: string
  json: () => Record<string, never>
}

export async function post(
  simulator: Simulator,
  path: string,
  body: object,
  options: { headers?: Record<string, string>; signal?: AbortSignal } = {},
): Promise<Posted> {
  const { headers = {}, signal = null } = options
  const answer = await request(`${simulator.origin}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    signal,
  })
  const text = await answer.body.text()
  return {
    status: answer.statusCode,
    headers: answer.headers,
    text,
    json: () => JSON.parse(text) as Record<string, never>,
  }
}

export function chat(prompt: string, more: object = {}) {
  return { model: 'm', messages: [{ role: 'user' as const, content: prompt }], ...more }
}

export function postChat(
  simulator: Simulator,
  prompt: string,
  options: { headers?: Record<string, string>; signal?: AbortSignal } = {},
): Promise<Posted> {
  return post(simulator, '/v1/chat/completions', chat(prompt), options)
}
