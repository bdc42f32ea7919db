import { describe, expect, it } from '@jest/globals'
import { Coalescer, type CoalescerOptions } from './coalescer.ts'
import { StoreBusyError, StoreUnavailableError } from './errors.ts'

const options: CoalescerOptions<number> = {
  name: 'test',
  maxRows: 100,
  maxBytes: 1_000_000,
  bytesOf: () => 1,
  maxWaiting: 1_000,
  concurrency: 1,
}

function failing(code: string): Error {
  return Object.assign(new Error(code), { code })
}

/** A coalescer whose statements end when the test says so. */
function gated(overrides: Partial<CoalescerOptions<number>> = {}) {
  const statements: Array<{ rows: number[]; end: () => void }> = []
  const coalescer = new Coalescer<number, number>(
    rows =>
      new Promise(resolve => {
        statements.push({ rows, end: () => resolve(rows.map(row => row * 10)) })
      }),
    { ...options, ...overrides },
  )
  return { coalescer, statements }
}

const turn = () => new Promise(setImmediate)

describe('a coalescer', () => {
  it('sends what came together, and what gathered meanwhile with the next', async () => {
    const { coalescer, statements } = gated()
    const first = [1, 2].map(row => coalescer.submit(row))
    await turn()
    const second = [3, 4, 5].map(row => coalescer.submit(row))
    await turn()
    expect(statements.map(({ rows }) => rows)).toEqual([[1, 2]])
    statements[0]?.end()
    expect(await Promise.all(first)).toEqual([10, 20])
    await turn()
    expect(statements[1]?.rows).toEqual([3, 4, 5])
    statements[1]?.end()
    expect(await Promise.all(second)).toEqual([30, 40, 50])
  })

  it('runs a second statement beside the first for many rows, not for a few', async () => {
    const { coalescer, statements } = gated({ concurrency: 2 })
    const rows = Array.from({ length: 51 }, (_, row) => row)
    const [first = 0, ...others] = rows
    void coalescer.submit(first)
    await turn()
    for (const row of others.slice(1)) void coalescer.submit(row)
    await turn()
    expect(statements).toHaveLength(1)
    void coalescer.submit(51)
    await turn()
    expect(statements.map(({ rows }) => rows.length)).toEqual([1, 50])
  })

  it('bounds a statement by rows and by bytes', async () => {
    const byRows = gated({ maxRows: 2 })
    for (const row of [1, 2, 3]) void byRows.coalescer.submit(row)
    await turn()
    expect(byRows.statements[0]?.rows).toEqual([1, 2])
    const byBytes = gated({ maxBytes: 10, bytesOf: row => row })
    for (const row of [6, 3, 9]) void byBytes.coalescer.submit(row)
    await turn()
    expect(byBytes.statements[0]?.rows).toEqual([6, 3])
  })

  it('sends a row alone that is larger than the bound', async () => {
    const { coalescer, statements } = gated({ maxBytes: 10, bytesOf: row => row })
    void coalescer.submit(99)
    await turn()
    expect(statements[0]?.rows).toEqual([99])
  })

  it('refuses what comes when too many wait', async () => {
    const { coalescer } = gated({ maxWaiting: 2 })
    void coalescer.submit(1)
    void coalescer.submit(2)
    await expect(coalescer.submit(3)).rejects.toBeInstanceOf(StoreBusyError)
  })

  it('gives a bad row its own error, and its neighbours their outcomes', async () => {
    const coalescer = new Coalescer<number, number>(async rows => {
      if (rows.includes(13)) throw failing('22P05')
      return rows
    }, options)
    const outcomes = await Promise.allSettled([11, 12, 13, 14].map(row => coalescer.submit(row)))
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
    ])
  })

  it('tries a deadlock again', async () => {
    let calls = 0
    const coalescer = new Coalescer<number, number>(async rows => {
      calls += 1
      if (calls < 3) throw failing('40P01')
      return rows
    }, options)
    expect(await coalescer.submit(1)).toBe(1)
  })

  it('tells all callers when the server is away, without trying rows apart', async () => {
    let calls = 0
    const coalescer = new Coalescer<number, number>(async () => {
      calls += 1
      throw failing('ECONNREFUSED')
    }, options)
    const outcomes = await Promise.allSettled([1, 2, 3].map(row => coalescer.submit(row)))
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({
        status: 'rejected',
        reason: expect.any(StoreUnavailableError),
      })
    }
    expect(calls).toBe(1)
  })

  it('works on after a failure', async () => {
    let calls = 0
    const coalescer = new Coalescer<number, number>(async rows => {
      calls += 1
      if (calls === 1) throw failing('XX000')
      return rows
    }, options)
    await expect(coalescer.submit(1)).rejects.toThrow('XX000')
    expect(await coalescer.submit(2)).toBe(2)
  })
})
