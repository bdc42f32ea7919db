import { createHash } from 'node:crypto'
import {
  type Config,
  type Endpoint,
  idFrom,
  isObject,
  type JobOptions,
  type LastTurn,
  type Usage,
  uuidOf,
} from '@longhaul/contracts'
import type { Coordination } from '@longhaul/coordination'

/** A job, as far as it tells which conversation it belongs to. */
export interface Turn {
  tenantId: string
  endpoint: Endpoint
  body: Record<string, unknown>
  metadata: Record<string, string> | null
  options: JobOptions | null
}

/** Who answered a turn. */
export interface Answerer {
  jobId: string
  model: string
  /** As `model/deployment`. */
  deployment: string
  usage: Usage | null
  /** Epoch milliseconds. */
  at: number
}

/**
 * Which model answered the last turn of a conversation, noted for as long as
 * its providers keep what they read. A conversation is what its callers say it
 * is, each tenant's by itself.
 */
export class Conversations {
  readonly #coordination: Pick<Coordination, 'notes'>
  #models: Config['models']

  constructor(
    dependencies: { coordination: Pick<Coordination, 'notes'> },
    { models }: Pick<Config, 'models'>,
  ) {
    this.#coordination = dependencies.coordination
    this.#models = models
  }

  reconfigure({ models }: Pick<Config, 'models'>): void {
    this.#models = models
  }

  /** Undefined where the job names no conversation, or nobody remembers it. */
  async lastTurn(turn: Turn): Promise<LastTurn | undefined> {
    const conversation = conversationOf(turn)
    if (conversation === undefined || !this.#anyCaches()) return undefined
    const text = await this.#coordination.notes.get(keyOf(turn.tenantId, conversation))
    return text === undefined ? undefined : (JSON.parse(text) as LastTurn)
  }

  /** Only of models that sell what they read before for less: there is nothing to save elsewhere. */
  answered(turn: Turn, { jobId, model, deployment, usage, at }: Answerer): void {
    const settings = Object.hasOwn(this.#models, model) ? this.#models[model] : undefined
    if (!usage || settings?.price.cached_input === undefined) return
    const { input_tokens: inputTokens, output_tokens: output } = usage
    const last: LastTurn = { model, deployment, inputTokens, tokens: inputTokens + output, at }
    const note = JSON.stringify(last)
    for (const conversation of conversationsOf(turn, jobId)) {
      const key = keyOf(turn.tenantId, conversation)
      this.#coordination.notes.put(key, note, settings.cache_lifetime)
    }
  }

  #anyCaches(): boolean {
    return Object.values(this.#models).some(({ price }) => price.cached_input !== undefined)
  }
}

/** As it is named: by the caller's own metadata, by the fields of OpenAI's API, or by the response that it goes on from. */
function conversationOf(turn: Turn): string | undefined {
  const named = nameOf(turn)
  if (named !== undefined) return named
  const previous = turn.options?.response?.previousId
  return previous == null ? undefined : `response ${previous}`
}

/** The next turn may go on from a response by its id alone. */
function conversationsOf(turn: Turn, jobId: string): string[] {
  const named = nameOf(turn)
  const own = turn.options?.response && `response ${idFrom('response', uuidOf('job', jobId) ?? '')}`
  return [named, own].filter(name => name !== undefined)
}

function nameOf({ endpoint, body, metadata }: Turn): string | undefined {
  if (endpoint === '/v1/embeddings') return undefined
  if (metadata?.conversation_id) return `id ${metadata.conversation_id}`
  const { conversation, prompt_cache_key: key } = body
  const id = isObject(conversation) ? conversation.id : conversation
  if (typeof id === 'string' && id !== '') return `conversation ${id}`
  return typeof key === 'string' && key !== '' ? `cache key ${key}` : undefined
}

/** Short whatever callers write, and never another tenant's. */
function keyOf(tenantId: string, conversation: string): string {
  const hash = createHash('sha256').update(`${tenantId} ${conversation}`).digest('base64url')
  return `conversation:${hash.slice(0, 22)}`
}
