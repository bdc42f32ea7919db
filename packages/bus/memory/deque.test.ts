import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { Deque } from './deque.ts'

describe('Deque', () => {
  it('behaves as an array does at both ends, through growing and emptying', () => {
    const step = fc.oneof(
      fc.record({ push: fc.integer({ min: 1, max: 3_000 }) }),
      fc.record({ unshift: fc.integer({ min: 1, max: 20 }) }),
      fc.record({ shift: fc.integer({ min: 1, max: 3_000 }) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), steps => {
        const deque = new Deque<number>()
        let model: number[] = []
        let next = 0
        for (const step of steps) {
          if ('push' in step) {
            for (let n = 0; n < step.push; n += 1) {
              model.push(next)
              deque.push(next++)
            }
          } else if ('unshift' in step) {
            for (let n = 0; n < step.unshift; n += 1) {
              model.unshift(next)
              deque.unshift(next++)
            }
          } else {
            const taken = Array.from({ length: step.shift }, () => deque.shift())
            expect(taken.filter(value => value !== undefined)).toEqual(model.slice(0, step.shift))
            model = model.slice(step.shift)
          }
          expect(deque.length).toBe(model.length)
          expect(deque.first).toBe(model[0])
        }
      }),
      { numRuns: 50 },
    )
  })
})
