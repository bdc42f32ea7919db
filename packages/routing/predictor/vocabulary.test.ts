import { expect, it } from '@jest/globals'
import fc from 'fast-check'
import { Vocabulary } from './vocabulary.ts'

it('a vocabulary finds the rows of its terms, and no others', () => {
  const hash = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
  fc.assert(
    fc.property(fc.uniqueArray(hash, { maxLength: 200 }), hashes => {
      const known = hashes.slice(0, 100)
      const vocabulary = new Vocabulary(Int32Array.from(known))
      // Terms of one lower half within a run of slots are taken for each other.
      fc.pre(new Set(hashes.map(one => one & 0xffff || 1)).size === hashes.length)
      const rows = new Uint16Array(hashes.length + 1)
      const count = vocabulary.rowsOf(Int32Array.from(hashes), hashes.length, rows)
      expect([...rows.subarray(0, count)]).toEqual([...known.keys()])
    }),
  )
})
