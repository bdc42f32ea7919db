import { afterEach, describe } from '@jest/globals'
import type { Bus } from '@longhaul/bus'
import { exerciseHandingOver } from './bus/handing-over.ts'
import { exerciseSettling } from './bus/settling.ts'
import { exerciseStopping } from './bus/stopping.ts'
import { uniqueTopic } from './bus/surroundings.ts'
import { exerciseWindows } from './bus/windows.ts'

/**
 * What every driver of the bus promises, and nothing that only one of them can.
 * @param open a bus of its own for each test; on a broker all of them may share
 *   it, since topics and groups have unique names
 */
export function exerciseBus(driver: string, open: () => Promise<Bus>): void {
  const opened: Bus[] = []

  async function openWithTopic(): Promise<{ bus: Bus; topic: string }> {
    const bus = await open()
    opened.push(bus)
    const topic = uniqueTopic()
    await bus.ensureTopics([topic])
    return { bus, topic }
  }

  afterEach(async () => {
    await Promise.all(opened.splice(0).map(bus => bus.stop()))
  })

  describe(`${driver} keeps the Bus contract`, () => {
    exerciseHandingOver(openWithTopic)
    exerciseSettling(openWithTopic)
    exerciseWindows(openWithTopic)
    exerciseStopping(openWithTopic)
  })
}
