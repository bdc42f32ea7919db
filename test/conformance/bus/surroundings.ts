import { randomUUID } from 'node:crypto'
import { type Bus, type ConsumeOptions, deadLetterTopic, type Message } from '@longhaul/bus'
import { eventually } from '../eventually.ts'
import { acknowledgeAll, type DeliveryRecorder } from './delivery-recorder.ts'

/** A bus with one topic of its own; it is stopped after the test. */
export type OpenWithTopic = () => Promise<{ bus: Bus; topic: string }>

export const WORKERS = `workers-${randomUUID()}`

export function workers(topic: string, recorder: DeliveryRecorder): ConsumeOptions {
  return { topics: [topic], group: WORKERS, window: 64, versions: [1], handle: recorder.handle }
}

export function uniqueTopic(): string {
  return `conformance.${randomUUID()}`
}

export function uniqueGroup(): string {
  return `group-${randomUUID()}`
}

export function message(key: string, value = '{}', headers: Record<string, string> = {}): Message {
  return { key, value, headers: { 'longhaul-schema': '1', ...headers } }
}

/** As a producer of another language might send it. */
export function withoutVersion({ key, value }: Message): Message {
  return { key, value, headers: {} as Message['headers'] }
}

export function numbersBelow(count: number): string[] {
  return Array.from({ length: count }, (_, number) => String(number))
}

/** One after another. */
export async function publishAll(
  bus: Bus,
  topic: string,
  values: readonly string[],
): Promise<void> {
  for (const value of values) await bus.publish(topic, message('same-key', value))
}

/** Resolves once the workers have so many messages unsettled. */
export async function lagBecomes(bus: Bus, topic: string, messages: number): Promise<void> {
  await eventually(
    () => bus.lag(topic, WORKERS),
    lag => lag === messages,
  )
}

/** Reads a topic's dead letters, whatever their schema. */
export async function deadLetters(bus: Bus, topic: string): Promise<DeliveryRecorder> {
  const recorder = acknowledgeAll()
  await bus.consume({
    ...workers(deadLetterTopic(topic), recorder),
    group: uniqueGroup(),
    versions: [],
  })
  return recorder
}

/**
 * Resolves when a message made its whole way: by then the bus had the chance
 * to hand over whatever else it would.
 */
export async function busTurns(bus: Bus): Promise<() => Promise<void>> {
  const topic = uniqueTopic()
  await bus.ensureTopics([topic])
  const recorder = acknowledgeAll()
  await bus.consume({ ...workers(topic, recorder), group: uniqueGroup() })
  return async () => {
    const next = recorder.deliveries.length + 1
    await bus.publish(topic, message('turn'))
    await recorder.handed(next)
  }
}
