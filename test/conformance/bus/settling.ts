import { describe, expect, it } from '@jest/globals'
import { deadLetterTopic } from '@longhaul/bus'
import { acknowledgeAll, DeliveryRecorder, onFirst } from './delivery-recorder.ts'
import {
  deadLetters,
  lagBecomes,
  message,
  type OpenWithTopic,
  publishAll,
  withoutVersion,
  workers,
} from './surroundings.ts'

/** Longer than any test takes: a stop that waits for it does not pass unnoticed. */
const PATIENT_MS = 600_000

export function exerciseSettling(openWithTopic: OpenWithTopic): void {
  describe('settling', () => {
    it('hands an acknowledged message to nobody again', async () => {
      const { bus, topic } = await openWithTopic()
      const recorder = acknowledgeAll()
      const subscription = await bus.consume(workers(topic, recorder))
      await publishAll(bus, topic, ['a', 'b'])
      await recorder.handed(2)
      await subscription.stop(PATIENT_MS)

      const successor = acknowledgeAll()
      await bus.consume(workers(topic, successor))
      await publishAll(bus, topic, ['c'])

      await successor.handed(1)
      expect(successor.values).toEqual(['c'])
    })

    it('brings a released message again, behind what waits', async () => {
      const { bus, topic } = await openWithTopic()
      const recorder = onFirst(delivery => delivery.release())
      await publishAll(bus, topic, ['a', 'b', 'c'])

      await bus.consume({ ...workers(topic, recorder), window: 1 })

      const deliveries = await recorder.handed(4)
      expect(recorder.values).toEqual(['a', 'b', 'c', 'a'])
      expect(deliveries.map(({ deliveryCount }) => deliveryCount)).toEqual([1, 1, 1, 2])
    })

    it.each([
      [
        'throws',
        () => {
          throw new Error('crash before ack')
        },
      ],
      ['rejects', () => Promise.reject(new Error('crash before ack'))],
    ])('redelivers a message whose handler %s', async (_, crash) => {
      const { bus, topic } = await openWithTopic()
      const recorder = onFirst(crash)
      const subscription = await bus.consume(workers(topic, recorder))

      await bus.publish(topic, message('job-1'))
      await recorder.handed(2)
      await subscription.stop(PATIENT_MS)

      expect(recorder.keys).toEqual(['job-1', 'job-1'])
    })

    it('leaves a message acknowledged whose handler throws afterwards', async () => {
      const { bus, topic } = await openWithTopic()
      const recorder = onFirst(async delivery => {
        delivery.ack()
        throw new Error('crash after ack')
      })
      await bus.consume({ ...workers(topic, recorder), window: 1 })

      await publishAll(bus, topic, ['a'])
      await recorder.handed(1)
      await publishAll(bus, topic, ['b', 'c'])

      await recorder.handed(3)
      expect(recorder.values).toEqual(['a', 'b', 'c'])
    })

    it('lets only the first settlement of a delivery count', async () => {
      const { bus, topic } = await openWithTopic()
      const recorder = new DeliveryRecorder()
      await bus.consume(workers(topic, recorder))
      await publishAll(bus, topic, ['acked', 'rejected', 'released'])
      const [acked, rejected, released] = await recorder.handed(3)

      acked?.ack()
      acked?.release()
      acked?.reject('too late')
      rejected?.reject('first')
      rejected?.reject('second')
      rejected?.release()
      released?.release()
      released?.release()
      released?.ack()
      ;(await recorder.delivery(3)).ack()

      const dead = await deadLetters(bus, topic)
      await lagBecomes(bus, topic, 0)
      await publishAll(bus, topic, ['last'])
      ;(await recorder.delivery(4)).reject('last')
      await dead.handed(2)
      expect(recorder.values).toEqual(['acked', 'rejected', 'released', 'released', 'last'])
      expect(dead.values).toEqual(['rejected', 'last'])
      expect(dead.deliveries[0]?.message.headers['longhaul-dead-reason']).toBe('first')
    })
  })

  describe('dead letters', () => {
    it('get what is rejected, whole, with the reason and the topic it came from', async () => {
      const { bus, topic } = await openWithTopic()
      const recorder = onFirst(delivery => delivery.reject('no such job: “7”'))
      await bus.consume(workers(topic, recorder))
      const sent = message('job-1', '{"n":1}', { traceparent: 'trace', origin: 'test' })

      await bus.publish(topic, sent)

      const dead = await (await deadLetters(bus, topic)).delivery(0)
      expect(dead.topic).toBe(deadLetterTopic(topic))
      expect(dead.message).toEqual({
        ...sent,
        // A driver may add where in the topic it was.
        headers: expect.objectContaining({
          ...sent.headers,
          'longhaul-dead-reason': 'no such job: “7”',
          'longhaul-dead-topic': topic,
        }),
      })
      await lagBecomes(bus, topic, 0)
      expect(recorder.keys).toEqual(['job-1'])
    })

    it('get messages of a schema that the consumer does not know, and its handler does not', async () => {
      const { bus, topic } = await openWithTopic()
      const recorder = acknowledgeAll()
      await bus.consume({ ...workers(topic, recorder), versions: [1, 2] })

      await bus.publish(topic, message('known-1'))
      await bus.publish(topic, message('unknown-99', '{}', { 'longhaul-schema': '99' }))
      await bus.publish(topic, withoutVersion(message('unversioned')))
      await bus.publish(topic, message('known-2', '{}', { 'longhaul-schema': '2' }))

      await recorder.handed(2)
      const dead = await deadLetters(bus, topic)
      const letters = await dead.handed(2)
      expect(recorder.keys.sort()).toEqual(['known-1', 'known-2'])
      expect(dead.keys.sort()).toEqual(['unknown-99', 'unversioned'])
      for (const { message: letter } of letters) {
        expect(letter.headers['longhaul-dead-topic']).toBe(topic)
        expect(letter.headers['longhaul-dead-reason']).toContain('schema version')
      }
    })
  })
}
