import { PassThrough } from 'node:stream'
import { describe, expect, it } from '@jest/globals'
import { ManualClock } from '../../../test/manual-clock.ts'
import { paceOf, showProgress } from './progress.ts'

describe('the pace', () => {
  it.each([
    [0, 100, 0, '0.0 jobs/s', 'ETA unknown'],
    [0, 100, 5_000, '0.0 jobs/s', 'ETA unknown'],
    [25, 100, 5_000, '5.0 jobs/s', 'ETA 15 s'],
    [99, 100, 10_000, '9.9 jobs/s', 'ETA 1 s'],
    [100, 100, 8_000, '12.5 jobs/s', 'done'],
  ])('after %i of %i in %i ms is %s, %s', (done, total, elapsedMs, rate, left) => {
    expect(paceOf(done, total, elapsedMs)).toEqual({ rate, left })
  })
})

describe('progress where there is no terminal', () => {
  it('is a line every two seconds, and one at the end', () => {
    const clock = new ManualClock()
    const lines: string[] = []
    const stream = new PassThrough() as unknown as NodeJS.WriteStream
    const progress = showProgress(40, { stream, print: line => lines.push(line) }, clock)
    for (const done of [0, 5, 10, 15, 20, 25]) {
      progress.update(done)
      clock.advance(500)
    }
    clock.advance(1_000)
    progress.update(40)
    progress.stop()
    expect(lines).toEqual(['  20/40 | 10.0 jobs/s | ETA 2 s', '  40/40 | 10.0 jobs/s | done'])
  })

  it('shows how far it came when it is stopped early', () => {
    const clock = new ManualClock()
    const lines: string[] = []
    const stream = new PassThrough() as unknown as NodeJS.WriteStream
    const progress = showProgress(40, { stream, print: line => lines.push(line) }, clock)
    clock.advance(1_000)
    progress.update(10)
    progress.stop()
    expect(lines).toEqual(['  10/40 | 10.0 jobs/s | ETA 3 s'])
  })
})
