import { describe, expect, it } from '@jest/globals'
import { usageSchema } from '@longhaul/contracts'
import fc from 'fast-check'
import { costUsd, readUsage } from './usage.ts'

/** input, cached, cache-written, output, reasoning */
type Counts = [number, number, number, number, number]

const usage = ([input, cached, written, output, reasoning]: Counts) => ({
  input_tokens: input,
  cached_input_tokens: cached,
  cache_write_tokens: written,
  output_tokens: output,
  reasoning_tokens: reasoning,
  total_tokens: input + output,
})

const dialects: [string, object, Counts][] = [
  [
    'chat completions',
    {
      prompt_tokens: 1_000,
      completion_tokens: 300,
      total_tokens: 1_300,
      prompt_tokens_details: { cached_tokens: 400, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 200 },
    },
    [1_000, 400, 0, 300, 200],
  ],
  [
    'responses',
    {
      input_tokens: 50,
      input_tokens_details: { cached_tokens: 20, cache_write_tokens: 10 },
      output_tokens: 30,
      output_tokens_details: { reasoning_tokens: 10 },
      total_tokens: 80,
    },
    [50, 20, 10, 30, 10],
  ],
  ['embeddings', { prompt_tokens: 8, total_tokens: 8 }, [8, 0, 0, 0, 0]],
  [
    'DeepSeek',
    {
      prompt_tokens: 100,
      prompt_cache_hit_tokens: 64,
      prompt_cache_miss_tokens: 36,
      completion_tokens: 10,
      total_tokens: 110,
    },
    [100, 64, 0, 10, 0],
  ],
  ['Kimi', { prompt_tokens: 9, cached_tokens: 4, completion_tokens: 1 }, [9, 4, 0, 1, 0]],
  [
    'xAI, whose reasoning comes on top',
    {
      prompt_tokens: 10_120,
      completion_tokens: 1_499,
      total_tokens: 14_428,
      prompt_tokens_details: { cached_tokens: 128 },
      completion_tokens_details: { reasoning_tokens: 2_809 },
    },
    [10_120, 128, 0, 4_308, 2_809],
  ],
  [
    'Gemini, which tells its thoughts by the total alone',
    { prompt_tokens: 10, completion_tokens: 5, total_tokens: 115 },
    [10, 0, 0, 105, 100],
  ],
  [
    'a gateway that counts the cache beside the input',
    {
      prompt_tokens: 10,
      completion_tokens: 5,
      cache_read_input_tokens: 90,
      cache_creation_input_tokens: 20,
    },
    [120, 90, 20, 5, 0],
  ],
  ['details that are null', { prompt_tokens: 3, prompt_tokens_details: null }, [3, 0, 0, 0, 0]],
  ['counts that are no counts', { prompt_tokens: 3, completion_tokens: -1 }, [3, 0, 0, 0, 0]],
]

describe('readUsage', () => {
  it.each(dialects)('reads %s', (_, reported, counts) => {
    expect(readUsage(reported)).toEqual(usage(counts))
  })

  it.each([
    [undefined],
    [null],
    [{}],
    [[]],
    ['12'],
    [{ prompt_tokens: '12' }],
    [{ prompt_tokens: NaN }],
    [{ prompt_tokens: 1e13 }],
  ])('finds none in %j', reported => {
    expect(readUsage(reported)).toBeUndefined()
  })

  it('keeps to the schema and bills each token once, whatever is reported', () => {
    const count = fc.option(fc.oneof(fc.integer(), fc.double(), fc.string()))
    const reported = fc.record({
      prompt_tokens: fc.integer({ min: 0, max: 1e9 }),
      completion_tokens: count,
      total_tokens: count,
      prompt_tokens_details: fc.option(fc.record({ cached_tokens: count })),
      completion_tokens_details: fc.option(fc.record({ reasoning_tokens: count })),
    })
    fc.assert(
      fc.property(reported, sample => {
        const read = usageSchema.parse(readUsage(sample))
        expect(read.cached_input_tokens + read.cache_write_tokens).toBeLessThanOrEqual(
          read.input_tokens,
        )
        expect(read.reasoning_tokens).toBeLessThanOrEqual(read.output_tokens)
        expect(read.total_tokens).toBe(read.input_tokens + read.output_tokens)
      }),
    )
  })
})

describe('costUsd', () => {
  const million = 1_000_000

  it.each([
    ['input and output', { input: 2.5, output: 10 }, [million, 0, 0, million, 0], 12.5],
    ['reasoning as output, once', { input: 0, output: 10 }, [0, 0, 0, million, million], 10],
    [
      'cached input at its rate',
      { input: 2, output: 0, cached_input: 0.5 },
      [million, million / 2, 0, 0, 0],
      1.25,
    ],
    ['cached input as input', { input: 2, output: 0 }, [million, million / 2, 0, 0, 0], 2],
    [
      'cache writes at their rate',
      { input: 2, output: 0, cache_write: 2.5 },
      [million, 0, million, 0, 0],
      2.5,
    ],
    ['cache writes as input', { input: 2, output: 0 }, [million, 0, million, 0, 0], 2],
    ['free calls', { input: 0, output: 0 }, [million, 0, 0, million, 0], 0],
    ['single tokens', { input: 0.15, output: 0.6 }, [1, 0, 0, 1, 0], 0.00000075],
    ['sums without dust', { input: 1, output: 2 }, [100, 0, 0, 100, 0], 0.0003],
    ['below the smallest unit', { input: 0.00001, output: 0 }, [1, 0, 0, 0, 0], 0],
  ] as [string, { input: number; output: number }, Counts, number][])(
    'bills %s',
    (_, price, counts, expected) => {
      expect(costUsd(usage(counts), price)).toBe(expected)
    },
  )

  it("agrees with xAI's own bill", () => {
    const read = readUsage({
      prompt_tokens: 10_120,
      completion_tokens: 1_499,
      total_tokens: 14_428,
      prompt_tokens_details: { cached_tokens: 128 },
      completion_tokens_details: { reasoning_tokens: 2_809 },
    })
    const price = { input: 1.25, cached_input: 0.2, output: 2.5 }
    expect(read && costUsd(read, price)).toBe(0.0232856)
  })
})
