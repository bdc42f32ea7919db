import { describe, expect, it } from '@jest/globals'
import { firstLine, hasMadeUpImage, readPrompts } from './prompts.ts'

describe('the sample', () => {
  const prompts = readPrompts()

  it('has at least 200 prompts, each with an id of its own and none twice', () => {
    expect(prompts.length).toBeGreaterThanOrEqual(200)
    expect(new Set(prompts.map(({ id }) => id)).size).toBe(prompts.length)
    const texts = new Set(prompts.map(({ body }) => JSON.stringify(body.messages)))
    expect(texts.size).toBe(prompts.length)
  })

  it('has every domain among its first', () => {
    const domains = new Set(prompts.map(({ domain }) => domain))
    expect(new Set(prompts.slice(0, 24).map(({ domain }) => domain))).toEqual(domains)
    expect(domains.size).toBeGreaterThanOrEqual(8)
  })

  it('knows the pictures that exist in name only', () => {
    expect(prompts.filter(hasMadeUpImage)).toHaveLength(6)
  })

  it('has words of the user in each', () => {
    expect(prompts.filter(prompt => firstLine(prompt).length < 3)).toEqual([])
  })
})
