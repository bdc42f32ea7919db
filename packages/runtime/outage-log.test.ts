import { expect, it } from '@jest/globals'
import { BusUnavailableError } from '@longhaul/bus'
import { ManualClock } from '../../test/manual-clock.ts'
import { OutageLog } from './outage-log.ts'

const outage = new BusUnavailableError('no broker')
const fault = new Error('a fault of ours')

function record() {
  const lines: object[] = []
  const clock = new ManualClock()
  const log = new OutageLog({ warn: (fields, text) => lines.push({ ...fields, text }) }, clock)
  return { lines, clock, log }
}

it('tells an outage once in half a minute, and how often it was met', () => {
  const { lines, clock, log } = record()
  for (let job = 0; job < 100; job += 1) log.warn(outage, { job }, 'trying again')
  clock.advance(29_999)
  log.warn(outage, { job: 100 }, 'trying again')
  clock.advance(1)
  log.warn(outage, { job: 101 }, 'trying again')

  expect(lines).toEqual([
    { err: outage, job: 0, untold: 0, text: 'trying again' },
    { err: outage, job: 101, untold: 100, text: 'trying again' },
  ])
})

it('tells each fault that is no outage', () => {
  const { lines, log } = record()
  log.warn(outage, {}, 'trying again')
  for (const job of [1, 2]) log.warn(fault, { job }, 'trying again')

  expect(lines.slice(1)).toEqual([
    { err: fault, job: 1, text: 'trying again' },
    { err: fault, job: 2, text: 'trying again' },
  ])
})
