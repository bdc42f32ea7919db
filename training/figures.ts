import { domains } from '@longhaul/contracts'
import type { Predictor } from '../packages/routing/predictor/predictor.ts'
import { testPrefix, testSuffix, withTypos } from './augment.ts'
import { keywordScore, lengthScore } from './baselines.ts'
import {
  auc,
  bootstrap,
  type Choice,
  type Interval,
  routingFigures,
  seededRandom,
} from './metrics.ts'
import { type Pair, pairsFor, referencePair } from './pairs.ts'
import { type Row, stemOf } from './rows.ts'
import { REFERENCE } from './targets.ts'

/** Prints what can be said of the rows; what they have no labels for is left out. */
export function printFigures(
  rows: readonly Row[],
  predictor: Predictor,
  { brief = false }: { brief?: boolean } = {},
): void {
  for (const pair of pairsFor(rows, predictor)) printPair(rows, pair, brief)
  printDomains(rows, predictor)
  printCalibration(rows, predictor)
  printLevels(rows, predictor)
  if (!brief) printRobustness(rows, pairsFor(rows, predictor)[0] ?? referencePair(predictor))
}

function printPair(rows: readonly Row[], pair: Pair, brief: boolean): void {
  for (const source of new Set(rows.map(row => row.source))) {
    for (const labels of ['models', 'models_clean'] as const) {
      const labelled = rows.filter(row => row.source === source && isLabelled(row, pair, labels))
      if (labelled.length < 30) continue
      console.log(`\n${pair.name}, ${source}, ${labels}: ${labelled.length} prompts`)
      printRouter('longhaul', labelled, pair, labels, pair.score, !brief)
      if (brief) continue
      printRouter('keywords', labelled, pair, labels, keywordScore, false)
      printRouter('length', labelled, pair, labels, lengthScore, false)
      const random = seededRandom(1)
      printRouter('random', labelled, pair, labels, () => random(), false)
    }
  }
}

function isLabelled(row: Row, { weak, strong }: Pair, labels: 'models' | 'models_clean'): boolean {
  const answers = row[labels]
  return typeof answers?.[weak] === 'number' && typeof answers[strong] === 'number'
}

function printRouter(
  name: string,
  rows: readonly Row[],
  { weak, strong }: Pair,
  labels: 'models' | 'models_clean',
  score: (prompt: string) => number,
  intervals: boolean,
): void {
  const choices: Choice[] = rows.map(row => ({
    weak: row[labels]?.[weak] ?? 0,
    strong: row[labels]?.[strong] ?? 0,
    score: score(row.prompt),
    group: row.group,
  }))
  const { apgr, cpt50, cpt80 } = routingFigures(choices)
  const of = (figure: 'apgr' | 'cpt50' | 'cpt80') =>
    intervals ? ` ${shown(bootstrap(choices, sample => routingFigures(sample)[figure]))}` : ''
  console.log(
    `  ${name.padEnd(9)} APGR ${apgr.toFixed(3)}${of('apgr')}  ` +
      `CPT50 ${percent(cpt50)}${of('cpt50')}  CPT80 ${percent(cpt80)}${of('cpt80')}`,
  )
}

function printDomains(rows: readonly Row[], predictor: Predictor): void {
  const labelled = rows.filter(({ domain }) => domains.some(one => one === domain))
  if (labelled.length === 0) return
  for (const source of new Set(labelled.map(row => row.source))) {
    const own = labelled.filter(row => row.source === source)
    const right = (text: (row: Row) => string) =>
      own.map(row => ({
        hit: domains[predictor.predict(text(row)).domain] === row.domain ? 1 : 0,
        group: row.group,
      }))
    const question = right(row => stemOf(row.prompt))
    const whole = right(row => row.prompt)
    const interval = bootstrap(question, sample => meanOf(sample.map(({ hit }) => hit)))
    console.log(
      `\ndomain of 14, ${source}: question only ${meanOf(question.map(one => one.hit)).toFixed(3)} ` +
        `${shown(interval)}, whole prompt ${meanOf(whole.map(one => one.hit)).toFixed(3)}`,
    )
  }
}

/** How far the share of strong calls is off when the threshold is set for a share beforehand. */
function printCalibration(rows: readonly Row[], predictor: Predictor): void {
  const own = rows.filter(row => row.models[REFERENCE.strong] !== undefined)
  const { gainPercentiles } = predictor.weights.header
  if (own.length === 0 || gainPercentiles.length === 0) return
  const { score } = referencePair(predictor)
  const scores = own.map(row => score(row.prompt))
  const parts = [20, 35, 50, 65, 80].map(target => {
    const threshold = gainPercentiles[100 - target] ?? 0
    const share = meanOf(scores.map(one => (one >= threshold ? 100 : 0)))
    return { target, share, off: Math.abs(share - target) }
  })
  const text = parts.map(({ target, share }) => `${target}% → ${share.toFixed(1)}%`).join(', ')
  const off = Math.max(...parts.map(part => part.off))
  const mean = meanOf(parts.map(part => part.off))
  console.log(
    `\nshare of strong calls: ${text}; off by ${mean.toFixed(1)} points, at most ${off.toFixed(1)}`,
  )
}

function printLevels(rows: readonly Row[], predictor: Predictor): void {
  const at = (level: number) =>
    rows.filter(row => row.level === level).map(row => predictor.predict(row.prompt).complexity)
  const [low, middle, high] = [at(1), at(2), at(3)]
  if (low.length === 0 || middle.length === 0 || high.length === 0) return
  const pairs = [
    [auc(low, middle), low.length * middle.length],
    [auc(middle, high), middle.length * high.length],
    [auc(low, high), low.length * high.length],
  ] as const
  const total = pairs.reduce((sum, [, count]) => sum + count, 0)
  const all = pairs.reduce((sum, [value, count]) => sum + value * count, 0) / total
  const [lowMiddle, middleHigh, lowHigh] = pairs.map(([value]) => value.toFixed(3))
  console.log(
    `\nlevels by complexity: AUC ${all.toFixed(3)}; low/middle ${lowMiddle}, ` +
      `middle/high ${middleHigh}, low/high ${lowHigh}; ` +
      `means ${[low, middle, high].map(list => meanOf(list).toFixed(2)).join(' / ')}`,
  )
}

/** Decisions at a share of half of the prompts, before and after a change of form. */
function printRobustness(rows: readonly Row[], { score, name }: Pair): void {
  const sample = rows.slice(0, 2_000)
  const scores = sample.map(row => score(row.prompt))
  const threshold = scores.toSorted((a, b) => a - b)[Math.floor(scores.length / 2)] ?? 0
  const random = seededRandom(77)
  const changes: Record<string, (text: string) => string> = {
    'lower case': text => text.toLowerCase(),
    'white space': text => text.replace(/\s+/g, ' ').trim(),
    typos: text => withTypos(text, 0.08, random),
    prefix: text => testPrefix + text,
    suffix: text => text + testSuffix,
  }
  const parts = Object.entries(changes).map(([change, changed]) => {
    const kept = sample.map((row, index) => {
      const before = (scores[index] ?? 0) >= threshold
      return score(changed(row.prompt)) >= threshold === before ? 1 : 0
    })
    return `${change} ${percent(meanOf(kept))}`
  })
  console.log(`\ndecisions kept (${name}): ${parts.join(', ')}`)
}

function meanOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0) / numbers.length
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)}%`
}

function shown([low, high]: Interval): string {
  return `[${low.toFixed(3)}, ${high.toFixed(3)}]`
}
