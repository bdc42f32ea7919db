import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { ChatRelay } from './chat-relay.ts'
import { StreamParts } from './stream-parts.ts'

const head = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm' }

function chunk(delta: object, finishReason: string | null = null): string {
  return JSON.stringify({ ...head, choices: [{ index: 0, delta, finish_reason: finishReason }] })
}

function completion(content: string) {
  const message = { role: 'assistant', content }
  return { ...head, choices: [{ index: 0, message, finish_reason: 'stop' }] }
}

function open() {
  const written: string[] = []
  let interrupted = 0
  const relay = new ChatRelay({
    includeUsage: false,
    write: text => written.push(text),
    onInterrupted: () => {
      interrupted += 1
    },
  })
  const parts = new StreamParts(relay)
  const text = () => written.map(each => JSON.parse(each).choices[0]?.delta.content ?? '').join('')
  return { relay, parts, written, text, interrupted: () => interrupted }
}

describe('ChatRelay', () => {
  it('adds up to the whole answer, whatever parts of it are lost', () => {
    const words = fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(words, fc.nat(10), (texts, lost) => {
        const { relay, parts, text, written } = open()
        const chunks = [
          chunk({ role: 'assistant', content: '' }),
          ...texts.map(content => chunk({ content })),
          chunk({}, 'stop'),
        ]
        for (const [first, each] of chunks.entries()) {
          if (first !== lost) parts.take({ jobId: 'j', attempt: 1, first, chunks: [each] })
        }
        expect(relay.complete(completion(texts.join('')))).toBe(true)
        expect(text()).toBe(texts.join(''))
        const ends = written.filter(each => JSON.parse(each).choices[0].finish_reason)
        expect(ends).toHaveLength(1)
      }),
    )
  })

  it('forgets a call that said nothing yet', () => {
    const { relay, parts, text, interrupted } = open()
    parts.take({ jobId: 'j', attempt: 1, first: 0, chunks: [chunk({ role: 'assistant' })] })
    parts.take({ jobId: 'j', attempt: 2, first: 0, chunks: [chunk({ content: 'new' })] })
    parts.take({ jobId: 'j', attempt: 1, first: 1, chunks: [chunk({ content: 'old' })] })
    expect(relay.complete(completion('new'))).toBe(true)
    expect(text()).toBe('new')
    expect(interrupted()).toBe(0)
  })

  it('is interrupted by a second call when the first was heard', () => {
    const { relay, parts, text, interrupted } = open()
    parts.take({ jobId: 'j', attempt: 1, first: 0, chunks: [chunk({ content: 'half an' })] })
    parts.take({ jobId: 'j', attempt: 2, first: 0, chunks: [chunk({ content: 'another' })] })
    expect(interrupted()).toBe(1)
    expect(text()).toBe('half an')
    expect(relay.complete(completion('another answer'))).toBe(false)
  })
})
