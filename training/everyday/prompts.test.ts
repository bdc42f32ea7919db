import { describe, expect, it } from '@jest/globals'
import { domains } from '@longhaul/contracts'
import { writtenPrompts } from './prompts.ts'

describe('the prompts written for training', () => {
  const prompts = writtenPrompts()

  it('have a domain, a level and a text each, and none is there twice', () => {
    const wrong = prompts.filter(
      ({ text, domain, level }) =>
        !domains.includes(domain) || !Number.isFinite(level) || text.trim() === '',
    )
    expect(wrong).toEqual([])
    expect(new Set(prompts.map(({ text }) => text.toLowerCase())).size).toBe(prompts.length)
  })

  it('are about as many of each domain and level', () => {
    const counts = new Map<string, number>()
    for (const { domain, level } of prompts) {
      const key = `${domain} ${level}`
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
    expect(counts.size).toBe(3 * domains.length)
    expect(Math.min(...counts.values())).toBeGreaterThan(0.85 * Math.max(...counts.values()))
  })
})
