import { describe, expect, it } from '@jest/globals'
import { createRouter } from './router.ts'
import { catalogOf, chat, liveOf, optionsOf, requestOf } from './testing/fixtures.ts'

const catalog = catalogOf(
  {
    small: { price: { input: 0.1, output: 0.4 }, quality: 0.3 },
    large: { price: { input: 5, output: 25 }, quality: 0.9 },
  },
  {
    cheap: { strategy: 'cheapest' },
    ruled: { strategy: 'rules', rules: [{ when: 'complexity > 0.3', use: 'large' }] },
  },
)
const prompts = [
  'Hello, how are you today?',
  'Prove that every finite group of prime order is cyclic, and discuss the converse.',
  'Translate this letter into French, and keep its tone.',
]

describe('requests that are read before any of them is decided on', () => {
  it.each([null, 'cheap', 'ruled'])(
    'are decided as if each were read by itself: policy %s',
    policy => {
      const router = createRouter(catalog)
      const options = optionsOf({ policy })
      const requests = prompts.map(prompt => chat(prompt))
      const alone = requests.map(request => router.decide(request, liveOf(), options))
      const reads = requests.map(request => router.read(request, options))
      const together = requests.map((request, index) =>
        router.decide(request, liveOf(), { ...options, read: reads[index] }),
      )
      expect(together).toEqual(alone)
    },
  )

  it('may be for a policy that is gone, or have no shape', () => {
    const router = createRouter(catalog)
    const options = optionsOf({ policy: 'gone' })
    expect(() => router.read(requestOf({ body: { messages: 7 } }), options)).not.toThrow()
  })
})
