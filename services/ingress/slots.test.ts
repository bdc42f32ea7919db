import { expect, it } from '@jest/globals'
import { Slots } from './slots.ts'

it('refuses who comes when all slots are taken, and gives them again once work ends, well or not', async () => {
  const slots = new Slots(1, 'Too many.')
  const { promise, reject } = Promise.withResolvers<void>()
  const first = slots.during('acme', () => promise)
  await expect(slots.during('other', async () => 'second')).rejects.toMatchObject({
    code: 'overloaded',
    message: 'Too many.',
  })
  reject(new Error('broken'))
  await expect(first).rejects.toThrow('broken')
  expect(await slots.during('other', async () => 'third')).toBe('third')
})

it('leaves to others as many as a tenant holds', async () => {
  const slots = new Slots(16, 'Too many.')
  const { promise, resolve } = Promise.withResolvers<void>()
  const held: Array<Promise<unknown>> = []
  const taken = (tenantId: string) => {
    let begun = 0
    const attempts = Array.from({ length: 20 }, () =>
      slots.during(tenantId, () => {
        begun += 1
        return promise
      }),
    )
    held.push(Promise.allSettled(attempts))
    return begun
  }
  expect(taken('acme')).toBe(8)
  expect(taken('beta')).toBe(4)
  expect(taken('gamma')).toBe(2)
  resolve()
  await Promise.all(held)
  expect(taken('beta')).toBe(8)
})
