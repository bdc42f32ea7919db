import { PassThrough } from 'node:stream'
import { describe, expect, it } from '@jest/globals'
import { estimateCostUsd, maySpend, type Terminal } from './consent.ts'
import { decided } from './testing/outcomes.ts'

function terminal({ isTTY = true, signal = new AbortController().signal } = {}) {
  const input = Object.assign(new PassThrough(), { isTTY })
  const output = new PassThrough()
  return { input, output, signal } as unknown as Terminal & { input: PassThrough }
}

async function answered(text: string): Promise<boolean> {
  const asked = terminal()
  const decision = maySpend(0.06, { yes: false, terminal: asked })
  asked.input.end(text)
  return decision
}

describe('before real models are used', () => {
  it.each([
    ['y\n', true],
    ['Yes\n', true],
    ['n\n', false],
    ['\n', false],
    ['', false],
  ])('asks above five cents; %j is %s', async (text, expected) => {
    expect(await answered(text)).toBe(expected)
  })

  it('does not ask up to five cents, nor when told', async () => {
    const nobody = terminal({ isTTY: false })
    expect(await maySpend(0.05, { yes: false, terminal: nobody })).toBe(true)
    expect(await maySpend(90, { yes: true, terminal: nobody })).toBe(true)
  })

  it('refuses with the remedy where nobody can be asked', async () => {
    const nobody = terminal({ isTTY: false })
    await expect(maySpend(0.061, { yes: false, terminal: nobody })).rejects.toMatchObject({
      code: 'start_error',
      message: expect.stringMatching(/about \$0\.06.*npm run demo -- --yes/),
    })
  })

  it('stops asking when it is interrupted', async () => {
    const interrupt = new AbortController()
    const asked = maySpend(1, { yes: false, terminal: terminal({ signal: interrupt.signal }) })
    interrupt.abort()
    await expect(asked).rejects.toThrow()
  })

  it('adds up the estimates; what no model takes costs nothing', async () => {
    const costs = [0.01, null, 0.02]
    const client = {
      async route() {
        const decision = decided(['small'])
        const costUsd = costs.shift() ?? null
        return { ...decision, estimates: { ...decision.estimates, cost_usd: costUsd }, error: null }
      },
    }
    const jobs = Array.from({ length: 3 }, () => ({ body: {} }))
    expect(await estimateCostUsd(client, jobs)).toBeCloseTo(0.03, 10)
  })
})
