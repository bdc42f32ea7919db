import { readFileSync } from 'node:fs'
import Sequencer from '@jest/test-sequencer'

const ASKS = /^alone\(\)$/m

/** Suites that ask to be `alone` come last: no cluster starts beside them then, and takes their processor. */
export default class AloneLast extends Sequencer {
  sort(tests) {
    const sorted = super.sort(tests)
    const { others = [], last = [] } = Object.groupBy(sorted, ({ path }) =>
      ASKS.test(readFileSync(path, 'utf8')) ? 'last' : 'others',
    )
    return [...others, ...last]
  }
}
