import { describe, expect, it } from '@jest/globals'
import { builtInPolicy, type LonghaulError } from '@longhaul/contracts'
import { createReceiverPolicy } from '@longhaul/runtime'
import { ingressConfig } from '../../test/ingress.ts'
import { SubmissionReader } from './submission.ts'

const NOW = Date.UTC(2026, 7, 1, 12)
const reader = new SubmissionReader({
  config: ingressConfig,
  receiverPolicy: createReceiverPolicy([]),
  live: { of: () => ({}) },
})
const messages = [{ role: 'user', content: 'hello' }]
const body = { messages }

type Refused = [what: string, value: unknown, code: string, param: string | null, message: string]

function refusal(value: unknown, path?: string): Pick<LonghaulError, 'code' | 'param' | 'message'> {
  try {
    reader.read(value, NOW, path)
  } catch (error) {
    const { code, param, message } = error as LonghaulError
    return { code, param, message }
  }
  throw new Error('it was accepted')
}

describe('the names that there are', () => {
  it('are told once, when the configuration defines `auto` itself', () => {
    const auto = builtInPolicy
    const config = { ...ingressConfig, policies: { auto } }
    const named = new SubmissionReader({
      config,
      receiverPolicy: createReceiverPolicy([]),
      live: { of: () => ({}) },
    })
    expect(() => named.read({ body, policy: 'zz' }, NOW)).toThrow('There are: auto.')
  })
})

describe('a submission', () => {
  it('needs no more than a body', () => {
    expect(reader.read({ body }, NOW)).toEqual({
      endpoint: '/v1/chat/completions',
      body,
      bodyText: JSON.stringify(body),
      bodyBytes: JSON.stringify(body).length,
      lane: 'standard',
      policy: null,
      requestedModel: null,
      metadata: null,
      notBefore: null,
      deadlineAt: null,
      webhook: null,
      options: null,
    })
  })

  it('may go on from what an assistant said, also where that was nothing', () => {
    const empty = { type: 'message', role: 'assistant', status: 'incomplete', content: [] }
    const input = [{ role: 'user', content: 'x' }, empty, { id: 'msg_1' }]
    const value = { endpoint: '/v1/responses', body: { model: 'small', input } }
    expect(reader.read(value, NOW).body).toEqual({ model: 'small', input })
  })

  it('may name what it leaves out, as jobs show it', () => {
    const absent = { deadline: null, not_before: null, policy: null, webhook: null, metadata: null }
    expect(reader.read({ body, ...absent }, NOW)).toEqual(reader.read({ body }, NOW))
  })

  it('may say everything', () => {
    const submission = reader.read(
      {
        endpoint: '/v1/responses',
        body: { input: 'é', model: 'small' },
        lane: 'bulk',
        not_before: '10m',
        deadline: '2026-08-02T12:00:00+02:00',
        webhook: { url: 'HTTPS://Example.com/hook', events: ['job.failed'] },
        metadata: { a: 'b' },
      },
      NOW,
    )
    expect(submission).toMatchObject({
      endpoint: '/v1/responses',
      bodyText: '{"input":"é","model":"small"}',
      bodyBytes: 30,
      lane: 'bulk',
      requestedModel: 'small',
      notBefore: NOW + 600_000,
      deadlineAt: Date.UTC(2026, 7, 2, 10),
      webhook: { url: 'https://example.com/hook', events: ['job.failed'] },
      metadata: { a: 'b' },
    })
  })

  it.each<[string, object]>([
    ['calls a tool', { content: null, tool_calls: [{ id: 'call_1', type: 'function' }] }],
    ['calls a function, as of old', { function_call: { name: 'weather', arguments: '{}' } }],
    ['refuses', { refusal: 'I will not.' }],
  ])('may hold an assistant that %s instead of saying anything', (_, said) => {
    const messages = [...body.messages, { role: 'assistant', ...said }]
    expect(reader.read({ body: { ...body, messages } }, NOW).body).toEqual({ ...body, messages })
  })

  it('passes on what it does not know of the body', () => {
    const odd = {
      messages: [{ role: 'user', content: 'x', name: 'Ann' }],
      seed: 7,
      x: { y: [null] },
    }
    expect(reader.read({ body: odd }, NOW).bodyText).toBe(JSON.stringify(odd))
    const keys = '{"messages":[{"role":"user","content":"x"}],"__proto__":{"a":1}}'
    expect(reader.read({ body: JSON.parse(keys) }, NOW).bodyText).toBe(keys)
  })

  it.each([
    [undefined, undefined, null, null],
    ['auto', undefined, null, null],
    ['auto', 'auto', null, null],
    [undefined, 'frugal', null, 'frugal'],
    ['frugal', undefined, null, 'frugal'],
    ['vendor/large', undefined, 'vendor/large', null],
  ])('model %p and policy %p mean model %p and policy %p', (model, policy, requested, named) => {
    const submission = reader.read(
      { body: { ...body, ...(model && { model }) }, ...(policy && { policy }) },
      NOW,
    )
    expect([submission.requestedModel, submission.policy]).toEqual([requested, named])
  })
})

describe('a submission is refused', () => {
  it.each<Refused>([
    ['null', null, 'invalid_value', null, 'The request body must be an object; got null.'],
    [
      'an array',
      [],
      'invalid_value',
      null,
      'The request body must be an object; got an empty array.',
    ],
    ['a string', 'x', 'invalid_value', null, 'The request body must be an object; got "x".'],
    ['no body', {}, 'missing_field', 'body', '`body` is missing: add an object.'],
    [
      'a body of another type',
      { body: 5 },
      'invalid_value',
      'body',
      '`body` must be an object; got 5.',
    ],
    [
      'no messages',
      { body: {} },
      'missing_field',
      'body.messages',
      '`body.messages` is missing: add an array.',
    ],
    [
      'empty messages',
      { body: { messages: [] } },
      'invalid_value',
      'body.messages',
      '`body.messages` must have at least 1 element; it has 0.',
    ],
    [
      'an unknown role',
      { body: { messages: [{ role: 'usr' }] } },
      'invalid_value',
      'body.messages[0].role',
      '`body.messages[0].role` must be one of "system", "developer", "user", "assistant", "tool", "function"; got "usr"; did you mean "user"?',
    ],
    [
      'content of another type',
      { body: { messages: [{ role: 'user', content: 5 }] } },
      'invalid_value',
      'body.messages[0].content',
      '`body.messages[0].content` must be a string or an array or null; got 5.',
    ],
    [
      'a part without type',
      { body: { messages: [{ role: 'user', content: [{}] }] } },
      'missing_field',
      'body.messages[0].content[0].type',
      '`body.messages[0].content[0].type` is missing: add a string.',
    ],
    [
      'a stream',
      { body: { ...body, stream: true } },
      'invalid_value',
      'body.stream',
      '`body.stream` is refused: a job cannot stream: leave it out, and poll or take a webhook; got true.',
    ],
    [
      'a response in the background',
      { endpoint: '/v1/responses', body: { input: 'hello', background: true } },
      'invalid_value',
      'body.background',
      '`body.background` is refused: every job runs in the background: leave it out, and poll or take a webhook; got true.',
    ],
    [
      'a response that goes on from another',
      { endpoint: '/v1/responses', body: { input: 'hello', previous_response_id: 'resp_1' } },
      'invalid_value',
      'body.previous_response_id',
      '`body.previous_response_id` is refused: a job goes on from no response: put what was said before into `input`; got "resp_1".',
    ],
    [
      'a number out of bounds',
      { body: { ...body, temperature: 3 } },
      'invalid_value',
      'body.temperature',
      '`body.temperature` must be at most 2; got 3.',
    ],
    [
      'a stop that is no text',
      { body: { ...body, stop: 5 } },
      'invalid_value',
      'body.stop',
      '`body.stop` must be a string or an array; got 5.',
    ],
    [
      'a part of a message without its text',
      { body: { messages: [{ role: 'user', content: [{ type: 'text', value: 'hello' }] }] } },
      'missing_field',
      'body.messages[0].content[0].text',
      '`body.messages[0].content[0].text` is missing: add a string.',
    ],
    [
      'an image without its address',
      { body: { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: {} }] }] } },
      'missing_field',
      'body.messages[0].content[0].image_url.url',
      '`body.messages[0].content[0].image_url.url` is missing: add a string.',
    ],
    [
      'the answer of a tool that names no call',
      { body: { messages: [{ role: 'tool', content: '42' }] } },
      'missing_field',
      'body.messages[0].tool_call_id',
      '`body.messages[0].tool_call_id` is missing: add a string.',
    ],
    [
      'a message that says nothing',
      { body: { messages: [{ role: 'user' }] } },
      'missing_field',
      'body.messages[0].content',
      '`body.messages[0].content` is missing: add a string.',
    ],
    [
      'an assistant that neither says nor calls anything',
      { body: { messages: [{ role: 'assistant', content: null }] } },
      'invalid_value',
      'body.messages[0].content',
      '`body.messages[0].content` must be a string; got null.',
    ],
    [
      'a fraction',
      { body: { ...body, n: 1.5 } },
      'invalid_value',
      'body.n',
      '`body.n` must be a whole number; got 1.5.',
    ],
    [
      'a misspelt field',
      { body, lne: 'bulk' },
      'unknown_field',
      'lne',
      '`lne` is not a known field: did you mean `lane`?',
    ],
    [
      'an unknown field',
      { body, xyzzy: 1 },
      'unknown_field',
      'xyzzy',
      '`xyzzy` is not a known field: remove it; known here: endpoint, body, lane, deadline, not_before, policy, webhook, metadata.',
    ],
    [
      'a field of the webhook',
      { body, webhook: { url: 'https://example.com', evnts: [] } },
      'unknown_field',
      'webhook.evnts',
      '`webhook.evnts` is not a known field: did you mean `events`?',
    ],
    [
      'a prototype',
      JSON.parse('{"body":{},"__proto__":{}}'),
      'unknown_field',
      '__proto__',
      '`__proto__` is not a known field: remove it; known here: endpoint, body, lane, deadline, not_before, policy, webhook, metadata.',
    ],
    [
      'an unknown endpoint',
      { endpoint: '/v1/images', body },
      'invalid_value',
      'endpoint',
      '`endpoint` must be one of "/v1/chat/completions", "/v1/responses", "/v1/completions", "/v1/embeddings"; got "/v1/images".',
    ],
    [
      'an unknown lane',
      { body, lane: 'standrd' },
      'invalid_value',
      'lane',
      '`lane` must be one of "interactive", "standard", "bulk"; got "standrd"; did you mean "standard"?',
    ],
    [
      'an unknown model',
      { body: { ...body, model: 'smal' } },
      'model_not_found',
      'body.model',
      '`body.model`: the configuration has no model or policy called "smal". Did you mean "small"? There are: auto, small, vendor/large, embedder, frugal.',
    ],
    [
      'a model by the name of a property',
      { body: { ...body, model: 'constructor' } },
      'model_not_found',
      'body.model',
      '`body.model`: the configuration has no model or policy called "constructor". There are: auto, small, vendor/large, embedder, frugal.',
    ],
    [
      'an empty model',
      { body: { ...body, model: '' } },
      'invalid_value',
      'body.model',
      '`body.model` must have at least 1 character; it has 0.',
    ],
    [
      'a model of another endpoint',
      { body: { ...body, model: 'embedder' } },
      'invalid_value',
      'body.model',
      '`body.model` names "embedder", which does not serve /v1/chat/completions; these do: small, vendor/large.',
    ],
    [
      'an unknown policy',
      { body, policy: 'frugl' },
      'model_not_found',
      'policy',
      '`policy`: the configuration has no policy called "frugl". Did you mean "frugal"? There are: auto, frugal.',
    ],
    [
      'an input of no texts',
      { endpoint: '/v1/embeddings', body: { input: [] } },
      'invalid_value',
      'body.input',
      '`body.input` must have at least 1 element; it has 0.',
    ],
    [
      'a temperature of responses that is no number',
      { endpoint: '/v1/responses', body: { input: 'hello', temperature: 'hot' } },
      'invalid_value',
      'body.temperature',
      '`body.temperature` must be a number; got "hot".',
    ],
    [
      'a policy beside a model',
      { body: { ...body, model: 'small' }, policy: 'frugal' },
      'invalid_value',
      'policy',
      '`policy` can be given only while `body.model` is absent or "auto"; it is "small": leave one of the two out.',
    ],
    [
      'a deadline that is no time',
      { body, deadline: 'tomorrow' },
      'invalid_value',
      'deadline',
      '`deadline` must be an RFC 3339 time ("2030-01-31T12:00:00Z") or a duration ("90s", "10m", "24h", "7d"); got "tomorrow".',
    ],
    [
      'a deadline in the past',
      { body, deadline: '2026-08-01T11:59:59Z' },
      'deadline_in_past',
      'deadline',
      '`deadline` has passed: it is 2026-08-01T11:59:59.000Z, now is 2026-08-01T12:00:00.000Z. Give a later one, or leave it out.',
    ],
    [
      'a deadline before not_before',
      { body, deadline: '1m', not_before: '2m' },
      'invalid_value',
      'deadline',
      '`deadline` is 2026-08-01T12:01:00.000Z, and must be later than `not_before`, 2026-08-01T12:02:00.000Z, or the job could never run.',
    ],
    [
      'a moment far ahead',
      { body, not_before: '366d' },
      'invalid_value',
      'not_before',
      '`not_before` must be at most 365 days ahead; got "366d".',
    ],
    [
      'a webhook that is no URL',
      { body, webhook: { url: 'example.com' } },
      'webhook_url_invalid',
      'webhook.url',
      '`webhook.url` must be an absolute http or https URL, such as https://example.com/hooks.',
    ],
    [
      'a webhook inside',
      { body, webhook: { url: 'http://0x7f.1/' } },
      'webhook_url_private',
      'webhook.url',
      '`webhook.url`: 127.0.0.1 is not a public address; an operator can add "127.0.0.1" to webhooks.allow.',
    ],
    [
      'an unknown event',
      { body, webhook: { url: 'https://example.com', events: ['job.done'] } },
      'invalid_value',
      'webhook.events[0]',
      '`webhook.events[0]` must be one of "job.succeeded", "job.failed", "job.cancelled", "job.expired"; got "job.done".',
    ],
    [
      'metadata that is no string',
      { body, metadata: { a: 1 } },
      'invalid_value',
      'metadata.a',
      '`metadata.a` must be a string; got 1.',
    ],
    [
      'long metadata',
      { body, metadata: { a: 'x'.repeat(513) } },
      'invalid_value',
      'metadata.a',
      '`metadata.a` must have at most 512 characters; it has 513.',
    ],
    [
      'a long key',
      { body, metadata: { ['k'.repeat(65)]: '' } },
      'invalid_value',
      'metadata',
      `\`metadata\` has the key "${'k'.repeat(60)}…", which must have at most 64 characters; it has 65.`,
    ],
    [
      'metadata called __proto__',
      { body, metadata: JSON.parse('{"__proto__":"x"}') },
      'invalid_value',
      'metadata',
      '`metadata` has the key "__proto__", which cannot be taken: rename it.',
    ],
    [
      'many pairs',
      { body, metadata: Object.fromEntries(Array.from({ length: 17 }, (_, index) => [index, ''])) },
      'invalid_value',
      'metadata',
      '`metadata` is refused: at most 16 pairs; got an object of 17 fields.',
    ],
    [
      'a token below 0',
      { endpoint: '/v1/embeddings', body: { input: [-1] } },
      'invalid_value',
      'body.input[0]',
      '`body.input[0]` must be at least 0; got -1.',
    ],
    [
      'an input of no tokens',
      { endpoint: '/v1/embeddings', body: { input: [[]] } },
      'invalid_value',
      'body.input[0]',
      '`body.input[0]` must have at least 1 element; it has 0.',
    ],
    [
      'an input of no kind',
      { endpoint: '/v1/embeddings', body: { input: [true] } },
      'invalid_value',
      'body.input[0]',
      '`body.input[0]` must be a string or a number or an array; got true.',
    ],
    [
      'too many inputs',
      { endpoint: '/v1/embeddings', body: { input: Array(2_049).fill('a') } },
      'invalid_value',
      'body.input',
      '`body.input` must have at most 2048 elements; it has 2049.',
    ],
    ...(
      [
        ['auto', 'configuration'],
        ['frugal', 'policy'],
      ] as const
    ).map(
      ([model, among]): Refused => [
        `what no model can be asked, with "${model}"`,
        { endpoint: '/v1/completions', body: { model, prompt: 'a', suffix: 'b' } },
        'invalid_value',
        'body.suffix',
        `No model of the ${among} serves /v1/completions itself, and \`suffix\` has no counterpart in chat completions: say in the prompt what is to follow. Leave it out, or choose among models of which one does.`,
      ],
    ),
    [
      'what the named model cannot be asked',
      { endpoint: '/v1/completions', body: { model: 'vendor/large', prompt: 'a', suffix: 'b' } },
      'invalid_value',
      'body.suffix',
      '"vendor/large" speaks chat completions only, and `suffix` has no counterpart in chat completions: say in the prompt what is to follow. Leave it out, or choose another model.',
    ],
    [
      'an item of an unknown role',
      { endpoint: '/v1/responses', body: { input: [{ role: 'tool', content: 'x' }] } },
      'invalid_value',
      'body.input[0].role',
      '`body.input[0].role` must be one of "user", "assistant", "system", "developer"; got "tool".',
    ],
    [
      'an item without content',
      { endpoint: '/v1/responses', body: { input: [{ role: 'user' }] } },
      'missing_field',
      'body.input[0].content',
      '`body.input[0].content` is missing: add a string or an array.',
    ],
    [
      'a message of nobody',
      {
        endpoint: '/v1/responses',
        body: { input: [{ id: 'msg_1' }, { type: 'message', content: 'x' }] },
      },
      'missing_field',
      'body.input[1].role',
      '`body.input[1].role` is missing: add one of "user", "assistant", "system", "developer".',
    ],
    [
      'a function of responses without a name',
      { endpoint: '/v1/responses', body: { input: 'x', tools: [{ type: 'function' }] } },
      'missing_field',
      'body.tools[0].name',
      '`body.tools[0].name` is missing: add a string.',
    ],
    [
      'a function that is not described',
      { body: { ...body, tools: [{ type: 'function' }] } },
      'missing_field',
      'body.tools[0].function',
      '`body.tools[0].function` is missing: add an object.',
    ],
    [
      'a function without a name',
      { body: { ...body, tools: [{ type: 'function', function: { parameters: {} } }] } },
      'missing_field',
      'body.tools[0].function.name',
      '`body.tools[0].function.name` is missing: add a string.',
    ],
    [
      'a text, then a number',
      { endpoint: '/v1/embeddings', body: { input: ['a', 1] } },
      'invalid_value',
      'body.input[1]',
      '`body.input[1]` must be a string; got 1.',
    ],
    [
      'a number, then a text',
      { endpoint: '/v1/embeddings', body: { input: [1, 'a'] } },
      'invalid_value',
      'body.input[1]',
      '`body.input[1]` must be a number; got "a".',
    ],
    [
      'tokens, then a text',
      { endpoint: '/v1/embeddings', body: { input: [[1], 'a'] } },
      'invalid_value',
      'body.input[1]',
      '`body.input[1]` must be an array; got "a".',
    ],
    [
      'inputs of two kinds',
      { endpoint: '/v1/embeddings', body: { input: [['a']] } },
      'invalid_value',
      'body.input[0][0]',
      '`body.input[0][0]` must be a number; got "a".',
    ],
  ])('for %s', (_, value, code, param, message) => {
    expect(refusal(value)).toEqual({ code, param, message })
  })

  it('with its place in a bulk request', () => {
    expect(refusal({ body: { messages: [{}] } }, 'jobs[3]').param).toBe(
      'jobs[3].body.messages[0].role',
    )
    expect(refusal({ body, deadline: 'x' }, 'jobs[3]').param).toBe('jobs[3].deadline')
  })
})
