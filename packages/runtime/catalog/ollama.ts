import { request } from 'undici'
import { z } from 'zod'
import { catalogPolicies } from './catalog-policies.ts'
import type { ConfigInput, ModelInput } from './known-models.ts'

export const OLLAMA_ORIGIN = 'http://127.0.0.1:11434'

/** For the whole look: it happens at every start without keys. */
const PROBE_TIMEOUT_MS = 500
const MAX_MODELS = 20
const MAX_BODY_BYTES = 4 * 1024 * 1024

/**
 * What Ollama gives a prompt on a small machine unless told otherwise. It cuts
 * longer prompts silently, and its OpenAI endpoint cannot ask for more.
 */
const DEFAULT_CONTEXT_LENGTH = 4_096

export interface OllamaModel {
  name: string
  /** Billions of parameters; undefined when it does not say. */
  billions: number | undefined
  /** `completion`, `tools`, `vision`, `embedding`, … */
  capabilities: string[]
}

const tagsSchema = z.object({
  models: z.array(
    z.object({
      name: z.string(),
      remote_host: z.string().optional(),
      details: z.object({ parameter_size: z.string().optional() }).nullish(),
    }),
  ),
})
const showSchema = z.object({ capabilities: z.array(z.string()).default(['completion']) })

/** The models of a local Ollama; undefined when none answers in time. Cloud models are left out: they cost. */
export async function probeOllama(
  origin: string = OLLAMA_ORIGIN,
  timeoutMs: number = PROBE_TIMEOUT_MS,
): Promise<OllamaModel[] | undefined> {
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    const { models } = tagsSchema.parse(await readJson(`${origin}/api/tags`, signal))
    const local = models.filter(model => model.remote_host === undefined).slice(0, MAX_MODELS)
    return await Promise.all(
      local.map(async ({ name, details }) => ({
        name,
        billions: billionsOf(details?.parameter_size),
        capabilities: await capabilitiesOf(origin, name, signal),
      })),
    )
  } catch {
    return undefined
  }
}

async function capabilitiesOf(
  origin: string,
  model: string,
  signal: AbortSignal,
): Promise<string[]> {
  try {
    const shown = await readJson(`${origin}/api/show`, signal, JSON.stringify({ model }))
    return showSchema.parse(shown).capabilities
  } catch {
    return [/embed/i.test(model) ? 'embedding' : 'completion']
  }
}

async function readJson(url: string, signal: AbortSignal, body?: string): Promise<unknown> {
  const { statusCode, body: answer } = await request(url, {
    method: body === undefined ? 'GET' : 'POST',
    signal,
    ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }),
  })
  let text = ''
  for await (const chunk of answer) {
    text += String(chunk)
    if (text.length > MAX_BODY_BYTES) throw new Error('the answer is too long')
  }
  if (statusCode !== 200) throw new Error(`status ${statusCode}`)
  return JSON.parse(text)
}

function billionsOf(size: string | undefined): number | undefined {
  const match = /^([\d.]+)\s*([BM])$/i.exec(size ?? '')
  if (!match) return undefined
  const amount = Number(match[1])
  return match[2]?.toUpperCase() === 'M' ? amount / 1_000 : amount
}

/** @param contextLength what Ollama was started with (`OLLAMA_CONTEXT_LENGTH`), in tokens */
export function ollamaCatalog(
  models: readonly OllamaModel[],
  contextLength: number = DEFAULT_CONTEXT_LENGTH,
  origin: string = OLLAMA_ORIGIN,
): ConfigInput {
  const bySize = models.toSorted((a, b) => (a.billions ?? 0) - (b.billions ?? 0))
  const entries = bySize.map(model => [model.name, modelOf(model, contextLength, origin)] as const)
  return { models: Object.fromEntries(entries), policies: catalogPolicies }
}

function modelOf(model: OllamaModel, contextLength: number, origin: string): ModelInput {
  const can = (capability: string) => model.capabilities.includes(capability)
  return {
    context_window: contextLength,
    price: { input: 0, output: 0 },
    capabilities: [
      ...(can('tools') ? (['tools'] as const) : []),
      ...(can('vision') ? (['vision'] as const) : []),
      'json',
    ],
    endpoints: [can('embedding') ? '/v1/embeddings' : '/v1/chat/completions'],
    quality: qualityOf(model.billions),
    deployments: {
      // A machine answers one or two prompts at a time; the rest waits here, where it can be seen.
      ollama: {
        provider: 'openai-compatible',
        base_url: `${origin}/v1`,
        max_concurrency: 2,
        timeout: '10m',
      },
    },
  }
}

/** 1 billion parameters 0.3, 8 billion 0.5, 70 billion 0.7. */
function qualityOf(billions = 1): number {
  const quality = 0.3 + 0.22 * Math.log10(Math.max(0.1, billions))
  return Math.round(Math.min(0.8, Math.max(0.1, quality)) * 100) / 100
}
