import { describe, expect, it } from '@jest/globals'
import { nearMiss } from './near-miss.ts'

const known = ['base_url', 'api_key', 'max_concurrency', 'timeout', 'price', 'rules']

describe('nearMiss', () => {
  it.each([
    ['baseUrl', 'base_url'],
    ['base-url', 'base_url'],
    ['BASE_URL', 'base_url'],
    ['timout', 'timeout'],
    ['tiemout', 'timeout'],
    ['prices', 'price'],
    ['rulez', 'rules'],
    ['max_concurency', 'max_concurrency'],
    ['max', 'max_concurrency'],
    ['apikey', 'api_key'],
  ])('takes %s for %s', (word, meant) => {
    expect(nearMiss(word, known)).toBe(meant)
  })

  it.each(['zebra', '', 'x', 'url', 'temperature'])('makes nothing of "%s"', word => {
    expect(nearMiss(word, known)).toBeUndefined()
  })

  it('chooses the nearest', () => {
    expect(nearMiss('sim-smal', ['sim-large', 'sim-small', 'sim-mall'])).toBe('sim-small')
  })
})
