import { describe, expect, it } from '@jest/globals'
import { classify, impliedStatus } from './classify.ts'
import { readErrorBody } from './error-body.ts'

const now = Date.parse('2026-03-01T12:00:00Z')
const openAi = (message: string, code: string | null = null, type = 'invalid_request_error') => ({
  error: { message, type, param: null, code },
})
const anthropic = (type: string, message: string, more: object = {}) => ({
  type: 'error',
  error: { type, message, ...more },
  request_id: 'req_1',
})
const google = (code: number, status: string, message: string, details: object[] = []) => [
  { error: { code, message, status, details } },
]

function classOf(status: number, body: unknown, headers: Record<string, string> = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const error = readErrorBody(typeof body === 'string' ? undefined : body, text)
  return classify({ status, headers, error }, now)
}

describe('rate-limited', () => {
  it.each([
    ['OpenAI', 429, openAi('Rate limit reached for gpt-4o', 'rate_limit_exceeded', 'requests')],
    ['Anthropic', 429, anthropic('rate_limit_error', 'would exceed your rate limit')],
    ['Gemini', 429, google(429, 'RESOURCE_EXHAUSTED', 'You exceeded your current quota')],
    [
      'OpenRouter',
      429,
      { error: { code: 429, message: 'Rate limit exceeded: free-models-per-min' } },
    ],
    ['Mistral', 429, { message: 'Requests rate limit exceeded' }],
    ['vLLM behind nginx', 429, '<html>429 Too Many Requests</html>'],
    ['Bedrock', 429, { message: 'Too many tokens, please wait before trying again.' }],
    ['Groq flex', 498, openAi('Flex tier capacity exceeded', 'capacity_exceeded')],
    ['no body', 429, ''],
  ])('%s', (_, status, body) => {
    expect(classOf(status, body)).toEqual({ kind: 'rate-limited', retryAfterMs: undefined })
  })

  it('takes the wait from Retry-After', () => {
    expect(classOf(429, '', { 'retry-after': '90' })).toMatchObject({ retryAfterMs: 90_000 })
  })

  it("takes Google's wait from the body", () => {
    const details = [
      { '@type': 'type.googleapis.com/google.rpc.QuotaFailure' },
      { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34.5s' },
    ]
    const body = google(429, 'RESOURCE_EXHAUSTED', 'quota', details)
    expect(classOf(429, body)).toMatchObject({ retryAfterMs: 34_500 })
  })

  it('falls back on when the limit resets', () => {
    const headers = { 'x-ratelimit-reset-tokens': '6m0s' }
    expect(classOf(429, '', headers)).toMatchObject({ retryAfterMs: 360_000 })
  })

  it("covers OpenRouter's budget of calls in flight, a 402 that passes", () => {
    const body = {
      error: { code: 402, message: 'x', metadata: { limit_source: 'openrouter_in_flight_budget' } },
    }
    expect(classOf(402, body, { 'retry-after': '2' })).toEqual({
      kind: 'rate-limited',
      retryAfterMs: 2_000,
    })
  })
})

describe('credentials', () => {
  it.each([
    ['a wrong key', 401, openAi('Incorrect API key provided', 'invalid_api_key')],
    ['no body', 401, ''],
    ['no credit at OpenRouter', 402, { error: { code: 402, message: 'Insufficient credits' } }],
    ['no permission', 403, anthropic('permission_error', 'not allowed')],
    [
      'a budget spent at OpenRouter',
      403,
      {
        error: {
          code: 403,
          message: 'Budget limit exceeded',
          metadata: { limit_source: 'openrouter_key_limit' },
        },
      },
    ],
    [
      "OpenAI's quota, a 429",
      429,
      openAi('You exceeded your current quota', 'insufficient_quota', 'insufficient_quota'),
    ],
    [
      "Anthropic's monthly cap, a 429",
      429,
      anthropic('rate_limit_error', 'x', {
        details: { error_code: 'enforced_spend_limit_reached' },
      }),
    ],
    [
      "Anthropic's own limit, a 400",
      400,
      anthropic(
        'invalid_request_error',
        'You have reached your specified API usage limits. You will regain access on 2026-04-01.',
      ),
    ],
    [
      "Anthropic's balance, a 400",
      400,
      anthropic(
        'invalid_request_error',
        'Your credit balance is too low to access the Anthropic API.',
      ),
    ],
    [
      "Google's key, a 400",
      400,
      google(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.', [
        { reason: 'API_KEY_INVALID' },
      ]),
    ],
    [
      "xAI's key, a 400",
      400,
      {
        code: 'Client specified an invalid argument',
        error: 'Incorrect API key provided: xa***ey.',
      },
    ],
  ])('%s', (_, status, body) => {
    expect(classOf(status, body)).toEqual({ kind: 'credentials' })
  })
})

describe('too-long', () => {
  const words = openAi
  it.each([
    ['OpenAI', 400, openAi('x', 'context_length_exceeded')],
    ['OpenAI responses', 400, words('Your input exceeds the context window of this model.')],
    [
      'Anthropic',
      400,
      anthropic('invalid_request_error', 'prompt is too long: 213462 tokens > 200000 maximum'),
    ],
    [
      'Anthropic with its output',
      400,
      anthropic(
        'invalid_request_error',
        'input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000',
      ),
    ],
    [
      'Anthropic above 32 MB',
      413,
      anthropic('request_too_large', 'Request exceeds the maximum size'),
    ],
    [
      'vLLM',
      400,
      {
        object: 'error',
        message:
          "This model's maximum context length is 16384 tokens. However, you requested 19591 tokens",
        type: 'BadRequestError',
        code: 400,
      },
    ],
    [
      'vLLM for prompts',
      400,
      {
        object: 'error',
        message:
          'The decoder prompt (length 5000) is longer than the maximum model length of 4096.',
      },
    ],
    [
      'llama.cpp',
      400,
      {
        error: {
          code: 400,
          message: 'request (5000 tokens) exceeds the available context size (4096 tokens)',
          type: 'exceed_context_size_error',
        },
      },
    ],
    [
      'llama.cpp of old, a 500',
      500,
      {
        error: {
          code: 500,
          message: 'the request exceeds the available context size. try increasing it',
          type: 'server_error',
        },
      },
    ],
    ['Ollama', 400, { error: 'the input length exceeds the context length' }],
    [
      'Gemini',
      400,
      google(
        400,
        'INVALID_ARGUMENT',
        'The input token count (1196265) exceeds the maximum number of tokens allowed (1048576).',
      ),
    ],
    [
      'Mistral',
      400,
      {
        object: 'error',
        message:
          'Prompt contains 40000 tokens, too large for model with 32768 maximum context length',
        type: 'invalid_request_prompt',
        code: '3051',
      },
    ],
    ['Groq', 400, words('Please reduce the length of the messages or completion.')],
    [
      'Groq above its minute',
      413,
      words(
        'Request too large for model `x` on tokens per minute (TPM): Limit 6000, Requested 8000',
        'rate_limit_exceeded',
        'tokens',
      ),
    ],
    [
      'OpenAI above its minute',
      429,
      words(
        'Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 40000.',
        'rate_limit_exceeded',
        'tokens',
      ),
    ],
    [
      'Together',
      422,
      words('Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4097'),
    ],
    [
      'xAI',
      400,
      {
        error:
          "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
      },
    ],
    ['Bedrock', 400, { message: 'Input is too long for requested model.' }],
    [
      'OpenRouter in the words of the upstream',
      400,
      {
        error: {
          code: 400,
          message: 'Provider returned error',
          metadata: { raw: '{"error":{"message":"prompt is too long: 5 > 4"}}' },
        },
      },
    ],
    ['no words', 413, ''],
  ])('%s', (_, status, body) => {
    expect(classOf(status, body)).toEqual({ kind: 'too-long' })
  })
})

describe('refused', () => {
  it.each([
    ['OpenAI', 400, openAi('Your request was rejected', 'content_policy_violation')],
    [
      'OpenAI by words',
      400,
      openAi(
        'Invalid prompt: your prompt was flagged as potentially violating our usage policy.',
        'invalid_prompt',
      ),
    ],
    [
      'Azure',
      400,
      {
        error: {
          code: 'content_filter',
          message: 'The response was filtered',
          status: 400,
          innererror: { code: 'ResponsibleAIPolicyViolation' },
        },
      },
    ],
    [
      'Azure, by its inner error',
      400,
      {
        error: {
          code: 'BadRequest',
          message: 'x',
          innererror: { code: 'ResponsibleAIPolicyViolation' },
        },
      },
    ],
    [
      'Anthropic',
      400,
      anthropic('invalid_request_error', 'Output blocked by content filtering policy'),
    ],
    ['DeepSeek', 400, openAi('Content Exists Risk')],
    ['OpenAI, as its models are called', 400, openAi("This violates OpenAI's usage policies.")],
    ['xAI', 403, { code: 'x', error: 'Content violates usage guidelines.' }],
    [
      'OpenRouter',
      403,
      {
        error: {
          code: 403,
          message: 'Input flagged',
          metadata: { reasons: ['violence'], flagged_input: '…' },
        },
      },
    ],
    ['Qwen', 400, openAi('Input data may contain inappropriate content', 'data_inspection_failed')],
  ])('%s', (_, status, body) => {
    expect(classOf(status, body)).toEqual({ kind: 'refused' })
  })
})

describe('unavailable', () => {
  it.each([
    [500, openAi('The server had an error', null, 'server_error')],
    [502, '<html>Bad Gateway</html>'],
    [503, { error: { code: 503, message: 'No provider available' } }],
    [504, ''],
    [524, 'error code: 524'],
    [529, anthropic('overloaded_error', 'Overloaded')],
    [408, { error: { code: 408, message: 'Request timed out' } }],
    [409, anthropic('conflict_error', 'conflict')],
    [425, ''],
    [499, ''],
    [302, ''],
  ])('%i', (status, body) => {
    expect(classOf(status, body)).toEqual({ kind: 'unavailable', retryAfterMs: undefined })
  })

  it.each([503, 529])('honours the Retry-After of a %i', status => {
    const headers = { 'retry-after': '30', 'x-ratelimit-reset-requests': '1s' }
    expect(classOf(status, '', headers)).toMatchObject({ retryAfterMs: 30_000 })
  })

  it('does not take a resetting limit for a wait', () => {
    const headers = { 'x-ratelimit-reset-requests': '1s' }
    expect(classOf(503, '', headers)).toMatchObject({ retryAfterMs: undefined })
  })
})

describe('invalid', () => {
  it.each([
    [400, openAi("Unknown parameter: 'foo'.", 'unknown_parameter')],
    [404, openAi('The model does not exist', 'model_not_found')],
    [422, { detail: [{ loc: ['body', 'messages'], msg: 'field required' }] }],
    [405, ''],
    [
      400,
      openAi('max_tokens is too large: 50000. This model supports at most 16384 completion tokens'),
    ],
  ])('%i', (status, body) => {
    expect(classOf(status, body)).toEqual({ kind: 'invalid' })
  })
})

describe('readErrorBody', () => {
  it.each([
    ['an envelope', openAi('words'), 'words'],
    ['an array of one', google(400, 'X', 'words'), 'words'],
    ['a string', { error: 'words' }, 'words'],
    ['no envelope', { message: 'words' }, 'words'],
    ['a FastAPI string', { detail: 'words' }, 'words'],
    ['FastAPI fields', { detail: [{ msg: 'words' }] }, '[{"msg":"words"}]'],
    ['an upstream', { error: { message: 'outer', metadata: { raw: 'inner' } } }, 'outer inner'],
    ['none', { odd: true }, '{"odd":true}'],
  ])('finds the words of %s', (_, body, message) => {
    expect(readErrorBody(body, JSON.stringify(body)).message).toBe(message)
  })

  it('takes text that is no JSON as it is', () => {
    expect(readErrorBody(undefined, ' upstream connect error \n').message).toBe(
      'upstream connect error',
    )
  })
})

describe('impliedStatus of an error inside a 2xx answer', () => {
  it.each([
    ['a number', { error: { code: 429, message: 'x' } }, 429],
    ['a number as text', { error: { code: '503', message: 'x' } }, 503],
    ['a rate limit by name', { error: { code: 'rate_limit_exceeded', message: 'x' } }, 429],
    ['a bad request by name', { error: { type: 'invalid_request_error', message: 'x' } }, 400],
    ['an overload by name', anthropic('overloaded_error', 'Overloaded'), 529],
    ['a server error by name', { error: { code: 'server_error', message: 'x' } }, 502],
    ['nothing known', { error: { message: 'x' } }, 502],
  ])('reads %s', (_, body, status) => {
    expect(impliedStatus(readErrorBody(body, ''))).toBe(status)
  })
})
