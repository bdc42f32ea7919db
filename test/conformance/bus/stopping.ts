import { describe, expect, it } from '@jest/globals'
import { deadLetterTopic, type Subscription } from '@longhaul/bus'
import { acknowledgeAll, DeliveryRecorder } from './delivery-recorder.ts'
import {
  busTurns,
  lagBecomes,
  message,
  type OpenWithTopic,
  publishAll,
  uniqueTopic,
  workers,
} from './surroundings.ts'

/** Longer than any test takes: a stop that waits for it does not pass unnoticed. */
const PATIENT_MS = 600_000

export function exerciseStopping(openWithTopic: OpenWithTopic): void {
  describe('stopping a subscription', () => {
    it('ends its intake at once, and resolves when what is open is settled', async () => {
      const { bus, topic } = await openWithTopic()
      const recorder = new DeliveryRecorder()
      const subscription = await bus.consume({ ...workers(topic, recorder), window: 1 })
      await publishAll(bus, topic, ['a', 'b', 'c'])
      const delivery = await recorder.delivery(0)
      const events: string[] = []

      const stopped = subscription.stop(PATIENT_MS).then(() => events.push('stopped'))
      await (await busTurns(bus))()
      events.push('acknowledged')
      delivery.ack()
      await stopped

      expect(events).toEqual(['acknowledged', 'stopped'])
      const successor = acknowledgeAll()
      await bus.consume(workers(topic, successor))
      await successor.handed(2)
      expect(recorder.values).toEqual(['a'])
      expect(successor.values).toEqual(['b', 'c'])
    })

    it('brings again, in order, what is open when its time is up', async () => {
      const { bus, topic } = await openWithTopic()
      const keeper = new DeliveryRecorder(delivery => {
        if (delivery.message.value === 'a') delivery.ack()
      })
      const subscription = await bus.consume({ ...workers(topic, keeper), window: 3 })
      await publishAll(bus, topic, ['a', 'b', 'c', 'd', 'e'])
      await keeper.handed(4)

      await subscription.stop(20)
      const recorder = acknowledgeAll()
      await bus.consume(workers(topic, recorder))

      await recorder.handed(4)
      expect(recorder.values).toEqual(['b', 'c', 'd', 'e'])
    })

    it('takes a settlement after that for nothing', async () => {
      const { bus, topic } = await openWithTopic()
      const late = new DeliveryRecorder()
      const subscription = await bus.consume(workers(topic, late))
      await publishAll(bus, topic, ['a', 'b', 'c'])
      const [first, second, third] = await late.handed(3)
      await subscription.stop(20)
      first?.ack()
      second?.release()
      third?.reject('too late')

      const recorder = new DeliveryRecorder()
      await bus.consume(workers(topic, recorder))
      await recorder.handed(3)
      first?.ack()
      await (await busTurns(bus))()

      expect(recorder.values).toEqual(['a', 'b', 'c'])
      await lagBecomes(bus, topic, 3)
      expect(await bus.lag(deadLetterTopic(topic), 'readers')).toBe(0)
    })

    it('may be asked for twice, and from within the handler', async () => {
      const { bus, topic } = await openWithTopic()
      const stops: Array<Promise<void>> = []
      let subscription: Subscription | undefined
      const recorder = new DeliveryRecorder(delivery => {
        if (subscription) stops.push(subscription.stop(PATIENT_MS), subscription.stop(PATIENT_MS))
        delivery.ack()
      })
      subscription = await bus.consume({ ...workers(topic, recorder), window: 1 })

      await publishAll(bus, topic, ['a', 'b'])
      await recorder.handed(1)
      await Promise.all(stops)

      await subscription.stop(0)
      expect(recorder.values).toEqual(['a'])
    })
  })

  describe('topics', () => {
    it('must exist: publishing to and consuming an unknown one is an error', async () => {
      const { bus } = await openWithTopic()
      const nowhere = uniqueTopic()

      await expect(bus.publish(nowhere, message('a'))).rejects.toMatchObject({
        code: 'unknown_topic',
      })
      await expect(bus.consume(workers(nowhere, acknowledgeAll()))).rejects.toMatchObject({
        code: 'unknown_topic',
      })
    })

    it('keep their messages when they are ensured again', async () => {
      const { bus, topic } = await openWithTopic()
      await publishAll(bus, topic, ['a'])

      await bus.ensureTopics([topic, topic, uniqueTopic()])

      const recorder = acknowledgeAll()
      await bus.consume(workers(topic, recorder))
      await recorder.handed(1)
      expect(recorder.values).toEqual(['a'])
    })
  })

  describe('stopping the bus', () => {
    it('makes it unavailable, and says so', async () => {
      const { bus, topic } = await openWithTopic()
      expect(bus.health().ok).toBe(true)
      const recorder = new DeliveryRecorder()
      await bus.consume(workers(topic, recorder))
      await publishAll(bus, topic, ['a'])
      const open = await recorder.delivery(0)

      await bus.stop()
      await bus.stop()

      expect(bus.health().ok).toBe(false)
      expect(() => open.ack()).not.toThrow()
      await expect(bus.publish(topic, message('a'))).rejects.toMatchObject({
        code: 'bus_unavailable',
      })
      await expect(bus.consume(workers(topic, recorder))).rejects.toMatchObject({
        code: 'bus_unavailable',
      })
    })
  })
}
