import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { assertTopicPrefix, kafkaTopic } from './topic-name.ts'

describe('kafkaTopic', () => {
  it.each([
    ['jobs.submitted', 'jobs.submitted'],
    ['model.gpt-4o-mini.bulk', 'model.gpt-4o-mini.bulk'],
    ['model.openai/gpt-4o.bulk', 'model.openai-x2f-gpt-4o.bulk'],
    ['model.qwen2:7b.standard.dead', 'model.qwen2-x3a-7b.standard.dead'],
    ['model.my_model.bulk', 'model.my-x5f-model.bulk'],
    ['model.grok-x1.bulk', 'model.grok-x2d-x1.bulk'],
    ['model.モデル.bulk', 'model.-x30e2--x30c7--x30eb-.bulk'],
  ])('of %s is %s', (topic, name) => {
    expect(kafkaTopic('', topic)).toBe(name)
    expect(kafkaTopic('blue.', topic)).toBe(`blue.${name}`)
  })

  it('keeps the length and the alphabet that Kafka asks for', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 400, unit: 'grapheme' }), topic => {
        expect(kafkaTopic('p.', topic)).toMatch(/^[A-Za-z0-9.-]{1,249}$/)
      }),
    )
  })

  it('tells apart what differs in one character, short or long', () => {
    const topic = fc.array(fc.constantFrom('-', 'x', '2', 'f', '_', '.', '/', 'h'), {
      minLength: 1,
      maxLength: 6,
    })
    fc.assert(
      fc.property(topic, topic, fc.constantFrom(1, 60), (one, other, times) => {
        const first = one.join('').repeat(times)
        const second = other.join('').repeat(times)
        expect(kafkaTopic('', first) === kafkaTopic('', second)).toBe(first === second)
      }),
      { numRuns: 2_000 },
    )
  })

  it('tells apart long names that differ at the end only', () => {
    const model = 'a'.repeat(300)
    expect(kafkaTopic('', `${model}.bulk`)).not.toBe(kafkaTopic('', `${model}.standard`))
  })
})

describe('assertTopicPrefix', () => {
  it.each(['', 'blue.', 'team-a.'])('takes %j', prefix => {
    expect(() => assertTopicPrefix(prefix)).not.toThrow()
  })

  it.each(['a_', 'a/', 'a'.repeat(101)])('refuses %j', prefix => {
    expect(() => assertTopicPrefix(prefix)).toThrow(RangeError)
  })
})
