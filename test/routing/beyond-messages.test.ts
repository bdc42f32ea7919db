import { describe, expect, it } from '@jest/globals'
import { ignoredFields, messagesRequest } from '../../packages/providers/anthropic/request.ts'
import { UntranslatableError } from '../../packages/providers/anthropic/untranslatable.ts'
import { requirementsOf } from '../../packages/routing/requirements.ts'

const messages = [{ role: 'user', content: 'Hi' }]
const isBeyond = (body: object) =>
  requirementsOf('/v1/chat/completions', { messages, ...body }).beyondMessages !== undefined
const translate = (body: object) =>
  messagesRequest({ messages, ...body }, { model: 'm', maxOutputTokens: undefined })

describe('what routing keeps from models that speak Messages is what their provider cannot say', () => {
  it.each([{ n: 2 }, { functions: [{ name: 'weather' }] }, { function_call: 'auto' }])(
    'and refuses: %j',
    body => {
      expect(isBeyond(body)).toBe(true)
      expect(() => translate(body)).toThrow(UntranslatableError)
    },
  )

  it('and would leave out of the answer: logprobs', () => {
    expect(isBeyond({ logprobs: true })).toBe(true)
    expect(ignoredFields({ logprobs: true })).toEqual(['logprobs'])
  })

  it.each([{}, { n: 1 }, { functions: null }, { logprobs: false }, { tools: [] }])(
    'and nothing else: %j',
    body => {
      expect(isBeyond(body)).toBe(false)
      expect(() => translate(body)).not.toThrow()
    },
  )
})
