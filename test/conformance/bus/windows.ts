import { describe, expect, it } from '@jest/globals'
import { DeliveryRecorder } from './delivery-recorder.ts'
import {
  busTurns,
  lagBecomes,
  numbersBelow,
  type OpenWithTopic,
  publishAll,
  workers,
} from './surroundings.ts'

export function exerciseWindows(openWithTopic: OpenWithTopic): void {
  describe('the window', () => {
    it('pauses at its bound and resumes at half of it', async () => {
      const { bus, topic } = await openWithTopic()
      const turn = await busTurns(bus)
      let isOpen = 0
      const openBefore: number[] = []
      const recorder = new DeliveryRecorder(() => {
        openBefore.push(isOpen)
        isOpen += 1
      })
      await publishAll(bus, topic, numbersBelow(20))
      await bus.consume({ ...workers(topic, recorder), window: 8 })
      await recorder.handed(8)

      for (const index of [7, 0, 3, 5]) {
        await turn()
        isOpen -= 1
        recorder.deliveries[index]?.ack()
      }
      await recorder.handed(12)
      await turn()

      expect(openBefore).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 4, 5, 6, 7])
    })

    it('is never exceeded, however deliveries are settled', async () => {
      const { bus, topic } = await openWithTopic()
      let isOpen = 0
      let mostOpen = 0
      const recorder = new DeliveryRecorder(delivery => {
        isOpen += 1
        mostOpen = Math.max(mostOpen, isOpen)
        setImmediate(() => {
          isOpen -= 1
          if (delivery.deliveryCount > 1) delivery.ack()
          else if (Number(delivery.message.value) % 3 === 0) delivery.release()
          else if (Number(delivery.message.value) % 3 === 1) delivery.reject('no')
          else delivery.ack()
        })
      })
      await publishAll(bus, topic, numbersBelow(99))

      await bus.consume({ ...workers(topic, recorder), window: 6 })

      await recorder.handed(99 + 33)
      await lagBecomes(bus, topic, 0)
      expect(mostOpen).toBe(6)
    })
  })

  describe('lag', () => {
    it('counts what waits and what is open, until it is settled', async () => {
      const { bus, topic } = await openWithTopic()
      await publishAll(bus, topic, ['a', 'b', 'c', 'd'])
      await lagBecomes(bus, topic, 4)

      const recorder = new DeliveryRecorder()
      await bus.consume({ ...workers(topic, recorder), window: 2 })
      await recorder.handed(2)
      await lagBecomes(bus, topic, 4)

      ;(await recorder.delivery(0)).ack()
      await lagBecomes(bus, topic, 3)

      for (const index of [2, 1, 3]) (await recorder.delivery(index)).ack()
      await lagBecomes(bus, topic, 0)
    })
  })
}
