import { describe, expect, it } from '@jest/globals'
import { nearnessOf, unitVector } from './nearness.ts'

function vector(...values: number[]): Float64Array {
  return unitVector(values) ?? new Float64Array()
}

describe('nearness', () => {
  const routes = [
    { route: 'north', utterances: [vector(0, 1), vector(1, 3)] },
    { route: 'east', utterances: [vector(2, 0)] },
    { route: 'west', utterances: [vector(-1, 0)] },
  ]

  it('is the cosine to the nearest utterance of each route, nearest first', () => {
    expect(nearnessOf(vector(3, 4), routes)).toEqual({
      known: true,
      routes: [
        { route: 'north', similarity: 0.949 },
        { route: 'east', similarity: 0.6 },
        { route: 'west', similarity: -0.6 },
      ],
    })
  })

  it('is not known between vectors of different spaces', () => {
    expect(nearnessOf(vector(1, 2, 3), routes)).toMatchObject({ known: false })
  })
})

describe('a unit vector', () => {
  it.each([[[]], [[0, 0]], [[Number.NaN, 1]], [[1e200, 1e200]]])('is not made of %j', values => {
    expect(unitVector(values)).toBeUndefined()
  })
})
