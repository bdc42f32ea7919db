import { describe, expect, it } from '@jest/globals'
import { newId } from '@longhaul/contracts'
import type { DueEvent } from '@longhaul/store'
import { payloadOf } from './payload.ts'

function event(metadata: Record<string, string> | null): DueEvent {
  return {
    id: newId('event'),
    tenantId: newId('tenant'),
    subjectId: newId('job'),
    type: 'job.succeeded',
    status: 'succeeded',
    url: 'https://example.com/hooks',
    createdAt: Date.UTC(2026, 10, 24) + 999.5,
    attempts: 0,
    scheduleAttempts: 0,
    metadata,
  }
}

/** As much as the API takes: 16 pairs, keys of 64 characters, values of 512. */
function largestMetadata(character: string): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: 16 }, (_, index) => [
      String(index).padStart(64, character),
      character.repeat(512),
    ]),
  )
}

describe('payloadOf', () => {
  it("is OpenAI's thin event", () => {
    const due = event({ order: '4711' })

    expect(JSON.parse(payloadOf(due))).toEqual({
      id: due.id,
      object: 'event',
      type: 'job.succeeded',
      created_at: Date.UTC(2026, 10, 24) / 1_000,
      data: { id: due.subjectId, object: 'job', status: 'succeeded', metadata: { order: '4711' } },
    })
  })

  it('is the same at every attempt', () => {
    const due = event({ b: '1', a: '2' })

    expect(payloadOf({ ...due, attempts: 5, scheduleAttempts: 3 })).toBe(payloadOf(due))
  })

  it.each([
    ['plain', 'x', true],
    ['Japanese', '語', false],
    ['escaped', '\u0001', false],
  ])('stays under 20 kB with the largest %s metadata', (_, character, kept) => {
    const metadata = largestMetadata(character)
    const payload = payloadOf(event(metadata))

    expect(Buffer.byteLength(payload)).toBeLessThan(20_000)
    expect(JSON.parse(payload).data.metadata).toEqual(kept ? metadata : null)
  })
})
