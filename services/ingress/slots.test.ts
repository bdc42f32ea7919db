import { expect, it } from '@jest/globals'
import { Slots } from './slots.ts'

it('refuses who comes when all slots are taken, and gives them again once work ends, well or not', async () => {
  const slots = new Slots(1, 'Too many.')
  const { promise, reject } = Promise.withResolvers<void>()
  const first = slots.during(() => promise)
  await expect(slots.during(async () => 'second')).rejects.toMatchObject({
    code: 'overloaded',
    message: 'Too many.',
  })
  reject(new Error('broken'))
  await expect(first).rejects.toThrow('broken')
  expect(await slots.during(async () => 'third')).toBe('third')
})
