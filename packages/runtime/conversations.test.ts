import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { type Coordination, openMemoryCoordination } from '@longhaul/coordination'
import { BREAKER } from '../../test/conformance/coordination/surroundings.ts'
import { ManualClock } from '../../test/manual-clock.ts'
import { type Answerer, Conversations, type Turn } from './conversations.ts'

const models = {
  cached: { price: { input: 1, output: 2, cached_input: 0.1 }, cache_lifetime: 300_000 },
  plain: { price: { input: 1, output: 2 }, cache_lifetime: 300_000 },
} as never
const usage = { input_tokens: 900, output_tokens: 100, total_tokens: 1_000 } as never
const jobId = 'job_0198c0ffee007abc8def0123456789ab'

function turnOf(fields: Partial<Turn> = {}): Turn {
  return {
    tenantId: 'tenant_1',
    endpoint: '/v1/chat/completions',
    body: {},
    metadata: null,
    options: null,
    ...fields,
  }
}

describe('conversations', () => {
  const clock = new ManualClock()
  let coordination: Coordination
  let conversations: Conversations

  beforeEach(async () => {
    coordination = await openMemoryCoordination({ clock, breaker: BREAKER })
    conversations = new Conversations({ coordination }, { models })
  })
  afterEach(() => coordination.stop())

  function answered(turn: Turn, fields: Partial<Answerer> = {}): void {
    const by = { model: 'cached', deployment: 'cached/eu', usage, at: clock.now() }
    conversations.answered(turn, { jobId, ...by, ...fields })
  }

  const response = (previousId: string | null) =>
    turnOf({
      endpoint: '/v1/responses',
      options: { response: { background: false, stream: false, store: true, previousId } },
    })

  it.each<[string, Turn, Turn]>([
    [
      'metadata.conversation_id',
      turnOf({ metadata: { conversation_id: 'c1' } }),
      turnOf({ metadata: { conversation_id: 'c1', other: 'x' }, body: { prompt_cache_key: 'k' } }),
    ],
    [
      'prompt_cache_key',
      turnOf({ body: { prompt_cache_key: 'k' } }),
      turnOf({ body: { prompt_cache_key: 'k' } }),
    ],
    [
      'conversation, as text or as an object',
      turnOf({ endpoint: '/v1/responses', body: { conversation: 'conv_1' } }),
      turnOf({ endpoint: '/v1/responses', body: { conversation: { id: 'conv_1' } } }),
    ],
    ['previous_response_id', response(null), response('resp_0198c0ffee007abc8def0123456789ab')],
  ])('are known by %s', async (_, turn, next) => {
    expect(await conversations.lastTurn(next)).toBeUndefined()
    answered(turn)
    expect(await conversations.lastTurn(next)).toEqual({
      ...{ model: 'cached', deployment: 'cached/eu', inputTokens: 900, tokens: 1_000 },
      at: clock.now(),
    })
  })

  it('are remembered for as long as the providers of the model keep what they read', async () => {
    const turn = turnOf({ metadata: { conversation_id: 'c1' } })
    answered(turn)
    clock.advance(299_999)
    expect(await conversations.lastTurn(turn)).toBeDefined()
    clock.advance(1)
    expect(await conversations.lastTurn(turn)).toBeUndefined()
  })

  it.each<[string, Turn, Partial<Answerer>]>([
    [
      'of another tenant',
      turnOf({ tenantId: 'tenant_2', metadata: { conversation_id: 'c1' } }),
      {},
    ],
    ['without a name', turnOf(), {}],
    [
      'of a model that sells cached input for no less',
      turnOf({ metadata: { conversation_id: 'c1' } }),
      { model: 'plain' },
    ],
    ['whose usage is not known', turnOf({ metadata: { conversation_id: 'c1' } }), { usage: null }],
    [
      'of embeddings',
      turnOf({ endpoint: '/v1/embeddings', metadata: { conversation_id: 'c1' } }),
      {},
    ],
  ])('%s leave nothing behind', async (_, turn, by) => {
    answered(turn, by)
    expect(
      await conversations.lastTurn(turnOf({ metadata: { conversation_id: 'c1' } })),
    ).toBeUndefined()
  })
})
