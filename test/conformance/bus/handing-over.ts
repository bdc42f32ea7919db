import { describe, expect, it } from '@jest/globals'
import type { ConsumeOptions } from '@longhaul/bus'
import { acknowledgeAll, DeliveryRecorder } from './delivery-recorder.ts'
import {
  message,
  numbersBelow,
  type OpenWithTopic,
  publishAll,
  uniqueGroup,
  uniqueTopic,
  workers,
} from './surroundings.ts'

export function exerciseHandingOver(openWithTopic: OpenWithTopic): void {
  describe('handing over', () => {
    it('hands over what was published, headers and trace context included', async () => {
      const { bus, topic } = await openWithTopic()
      const recorder = acknowledgeAll()
      await bus.consume(workers(topic, recorder))

      const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
      const sent = message('job-1', JSON.stringify({ text: 'naïve 漢字 🚚 \u2028' }), {
        traceparent,
        origin: 'test',
      })
      await bus.publish(topic, sent)

      const delivery = await recorder.delivery(0)
      expect(delivery.topic).toBe(topic)
      expect(delivery.deliveryCount).toBe(1)
      expect(delivery.message).toEqual(sent)
    })

    it('carries a message of 300 KiB whole', async () => {
      const { bus, topic } = await openWithTopic()
      const recorder = acknowledgeAll()
      await bus.consume(workers(topic, recorder))
      const value = JSON.stringify({ text: 'long haul '.repeat(30 * 1024) })

      await bus.publish(topic, message('job-1', value))

      expect((await recorder.delivery(0)).message.value === value).toBe(true)
    })

    it('hands over messages in the order of their publication, many at once or one by one', async () => {
      const { bus, topic } = await openWithTopic()
      const recorder = acknowledgeAll()
      await bus.consume(workers(topic, recorder))

      const numbers = numbersBelow(190)
      const together = numbers.slice(0, 100)
      await Promise.all(together.map(number => bus.publish(topic, message('job', number))))
      await publishAll(bus, topic, numbers.slice(100))
      await recorder.handed(190)

      expect(recorder.values).toEqual(numbers)
    })

    it('never calls the handler from within publish', async () => {
      const { bus, topic } = await openWithTopic()
      let publishing = false
      const during: boolean[] = []
      const recorder = new DeliveryRecorder(delivery => {
        during.push(publishing)
        delivery.ack()
      })
      await bus.consume(workers(topic, recorder))

      for (const key of ['a', 'b', 'c']) {
        publishing = true
        const published = bus.publish(topic, message(key))
        publishing = false
        await published
      }
      await recorder.handed(3)

      expect(during).toEqual([false, false, false])
    })

    it('hands over what was published before the first consumer came', async () => {
      const { bus, topic } = await openWithTopic()
      await publishAll(bus, topic, ['a', 'b', 'c'])

      const recorder = acknowledgeAll()
      await bus.consume(workers(topic, recorder))

      await recorder.handed(3)
      expect(recorder.values).toEqual(['a', 'b', 'c'])
    })

    it('serves several topics of one subscription, each with a window of its own', async () => {
      const { bus, topic: stuck } = await openWithTopic()
      const flowing = uniqueTopic()
      await bus.ensureTopics([flowing])
      const recorder = new DeliveryRecorder(delivery => {
        if (delivery.topic === flowing) delivery.ack()
      })
      await publishAll(bus, stuck, ['s1', 's2', 's3'])
      await bus.consume({ ...workers(stuck, recorder), topics: [stuck, flowing], window: 2 })
      await recorder.handed(2)

      await publishAll(bus, flowing, ['f1', 'f2', 'f3', 'f4'])
      await recorder.handed(6)

      expect(recorder.values.filter(value => value.startsWith('s'))).toEqual(['s1', 's2'])
      expect(recorder.values.filter(value => value.startsWith('f'))).toHaveLength(4)
    })
  })

  describe('groups', () => {
    it('gives every message to each group', async () => {
      const { bus, topic } = await openWithTopic()
      const first = acknowledgeAll()
      const second = acknowledgeAll()
      await bus.consume(workers(topic, first))
      await bus.consume({ ...workers(topic, second), group: uniqueGroup() })

      await publishAll(bus, topic, ['a', 'b'])

      await first.handed(2)
      await second.handed(2)
      expect(first.values).toEqual(['a', 'b'])
      expect(second.values).toEqual(['a', 'b'])
    })

    it('holds up no group by what another keeps open, releases or rejects', async () => {
      const { bus, topic } = await openWithTopic()
      const slow = new DeliveryRecorder()
      const fast = acknowledgeAll()
      await bus.consume({ ...workers(topic, slow), window: 2 })
      await bus.consume({ ...workers(topic, fast), group: uniqueGroup() })

      await publishAll(bus, topic, ['a', 'b', 'c', 'd'])
      ;(await slow.delivery(0)).release()
      ;(await slow.delivery(1)).reject('no')
      await fast.handed(4)

      expect(fast.values).toEqual(['a', 'b', 'c', 'd'])
    })

    it('hands each message to one consumer of a group at a time', async () => {
      const { bus, topic } = await openWithTopic()
      const inHand = new Set<string>()
      const handedTwice: string[] = []
      const settled = new Set<string>()
      let allSettled = () => {}
      const done = new Promise<void>(resolve => {
        allSettled = resolve
      })
      const handle: ConsumeOptions['handle'] = delivery => {
        const { key } = delivery.message
        if (inHand.has(key)) handedTwice.push(key)
        inHand.add(key)
        setImmediate(() => {
          inHand.delete(key)
          if (delivery.deliveryCount === 1 && key.endsWith('7')) return delivery.release()
          delivery.ack()
          if (settled.add(key).size === 200) allSettled()
        })
      }
      for (let consumer = 0; consumer < 3; consumer += 1) {
        await bus.consume({ ...workers(topic, new DeliveryRecorder(handle)), window: 4 })
      }

      for (let number = 0; number < 200; number += 1) {
        await bus.publish(topic, message(`job-${number}`))
      }
      await done

      expect(handedTwice).toEqual([])
    })
  })
}
