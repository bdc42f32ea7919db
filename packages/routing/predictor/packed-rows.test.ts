import { expect, it } from '@jest/globals'
import fc from 'fast-check'
import { PackedRows } from './packed-rows.ts'

it('packed rows sum up to what plain ones do', () => {
  const columns = 7
  const rows = 50
  const weight = fc.integer({ min: -127, max: 127 })
  fc.assert(
    fc.property(
      fc.array(weight, { minLength: rows * columns, maxLength: rows * columns }),
      fc.array(fc.nat(rows - 1), { maxLength: 1_000 }),
      (weights, chosen) => {
        const sums = new Int32Array(columns)
        new PackedRows(Int8Array.from(weights), columns).sum(
          Uint16Array.from(chosen),
          chosen.length,
          sums,
        )
        const plain = Array.from({ length: columns }, (_, column) =>
          chosen.reduce((sum, row) => sum + (weights[row * columns + column] ?? 0), 0),
        )
        expect([...sums]).toEqual(plain)
      },
    ),
  )
})

it('packed rows hold the largest weights by the thousand', () => {
  const sums = new Int32Array(2)
  new PackedRows(Int8Array.of(127, -127), 2).sum(new Uint16Array(3_000), 3_000, sums)
  expect([...sums]).toEqual([381_000, -381_000])
})
