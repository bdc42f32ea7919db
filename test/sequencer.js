import Sequencer from '@jest/test-sequencer'

/** They compare with the clock, to within a second or a third of a forecast. */
const TIMED = [
  'packages/coordination/redis-sharing.test.ts',
  'packages/runtime/semantics/semantics.test.ts',
  'services/courier/courier-outage.test.ts',
  'test/e2e/failure-classes.test.ts',
  'test/e2e/one-limit.test.ts',
  'test/e2e/queue-waits.test.ts',
  'test/openai/batch-life.test.ts',
]

/** What compares with the clock comes last: no cluster starts beside it then, and takes its processor. */
export default class TimedLast extends Sequencer {
  sort(tests) {
    const isTimed = ({ path }) =>
      TIMED.some(name => path.replaceAll('\\', '/').endsWith(`/${name}`))
    const sorted = super.sort(tests)
    return [...sorted.filter(test => !isTimed(test)), ...sorted.filter(isTimed)]
  }
}
