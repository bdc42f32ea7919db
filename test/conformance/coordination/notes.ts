import { describe, expect, it } from '@jest/globals'
import { eventually } from '../eventually.ts'
import type { OpenCoordination } from './surroundings.ts'

export function exerciseNotes(open: OpenCoordination): void {
  describe('notes', () => {
    it('are the newest of their key, for whichever instance asks', async () => {
      const { instances } = await open.several(2)
      const [one, other] = instances.map(({ notes }) => notes)
      expect(await other?.get('conversation')).toBeUndefined()

      one?.put('conversation', 'small', 60_000)
      one?.put('conversation', 'large, at 12:00', 60_000)
      expect(await one?.get('conversation')).toBe('large, at 12:00')
      await eventually(
        () => other?.get('conversation'),
        text => text === 'large, at 12:00',
      )

      other?.put('conversation', 'small again', 60_000)
      await eventually(
        () => one?.get('conversation'),
        text => text === 'small again',
      )
      expect(await one?.get('another')).toBeUndefined()
    })
  })
}
