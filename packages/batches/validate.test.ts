import { expect, it } from '@jest/globals'
import { type Submission, SubmissionReader } from '@longhaul/intake'
import { createReceiverPolicy } from '@longhaul/runtime'
import { ingressConfig } from '../../test/ingress.ts'
import { validateBatch } from './validate.ts'

/** As one of a schema that takes long to compile. */
class SlowReader extends SubmissionReader {
  override read(value: unknown, now: number): Submission {
    const until = performance.now() + 15
    while (performance.now() < until);
    return super.read(value, now)
  }
}

it('leaves others their turn between lines that take long', async () => {
  const receiverPolicy = createReceiverPolicy([])
  const live = { of: () => ({}) }
  const reader = new SlowReader({ config: ingressConfig, receiverPolicy, live })
  const body = { messages: [{ role: 'user', content: 'hello' }] }
  const lines = Array.from({ length: 20 }, (_, index) =>
    JSON.stringify({ custom_id: `${index}`, method: 'POST', url: '/v1/chat/completions', body }),
  )
  async function* source() {
    yield Buffer.from(lines.join('\n'))
  }
  let turns = 0
  const counting = setInterval(() => (turns += 1), 1)
  const options = { reader, endpoint: '/v1/chat/completions' as const, now: 0 }
  const found = await validateBatch(source(), options, () => undefined)
  clearInterval(counting)
  expect(found).toEqual({ total: 20, faults: [] })
  expect(turns).toBeGreaterThanOrEqual(18)
})
