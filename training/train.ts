import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Domain, domains } from '@longhaul/contracts'
import { predictorOf } from '../packages/routing/predictor/load.ts'
import type { Predictor } from '../packages/routing/predictor/predictor.ts'
import { WordTable } from '../packages/routing/predictor/word-table.ts'
import { printFigures } from './figures.ts'
import { seededRandom } from './metrics.ts'
import { trainModel } from './model.ts'
import { type Row, readTrainingRows } from './rows.ts'
import { shuffle } from './sparse.ts'
import { figuresOf, isMmluPro, isReference } from './targets.ts'

/**
 * Rebuilds the weights of the routing model from a folder of labelled prompts:
 *
 *     npm run train [-- --data DIR]
 *     npm run train -- --folds 4             figures with subjects left out; writes nothing
 *     npm run train -- --distil .venv/bin/python   first the table of words, from the sentence encoder
 */
const { values } = parseArgs({
  options: {
    data: { type: 'string', default: process.env.ROUTING_DATA ?? '../shared/routing' },
    folds: { type: 'string' },
    distil: { type: 'string' },
    out: { type: 'string', default: 'packages/routing/predictor' },
  },
})

/** Words that the table of words takes from the data, most frequent first; the rest is general. */
const WORDS_OF_DATA = 11_000
const wordsFile = join(values.out, 'words.bin')

const rows = readTrainingRows(values.data)
if (values.distil) distil(values.distil, rows)
const wordsBytes = readFileSync(
  existsSync(wordsFile) ? wordsFile : 'packages/routing/predictor/words.bin',
)
const table = new WordTable(wordsBytes)
if (values.folds) crossValidate(Number(values.folds))
else train()

function train(): void {
  const [fitted, left] = split(rows, 5)
  const model = trainModel(rows, table)
  const partly = model.withReference(fitted).encode('', [])
  const gains = gainsOf(predictorOf(partly, wordsBytes), left)
  const draft = model.encode('', gains)
  const version = createHash('sha256').update(draft).update(wordsBytes).digest('hex').slice(0, 12)
  const weights = model.encode(version, gains)
  writeFileSync(join(values.out, 'weights.bin'), weights)
  const figures = `${JSON.stringify(publishedFigures(), null, 2)}\n`
  writeFileSync(join(values.out, 'mmlu-pro.json'), figures)
  const bytes = weights.length + wordsBytes.length
  console.log(`${rows.length} rows, weights ${version} of ${bytes} bytes`)
}

/** Puts one in `parts` groups of near-duplicates of the reference rows aside. */
function split(all: readonly Row[], parts: number): [fitted: Row[], left: Row[]] {
  const groups = [...new Set(all.filter(isReference).map(({ group }) => group))].sort()
  shuffle(groups, seededRandom(11))
  const aside = new Set(groups.filter((_, index) => index % parts === 0))
  const isLeft = (row: Row) => isReference(row) && aside.has(row.group)
  return [all.filter(row => !isLeft(row)), all.filter(isLeft)]
}

/** Percentiles of the gain that is predicted for rows which the model does not know. */
function gainsOf(predictor: Predictor, left: readonly Row[]): number[] {
  return percentiles(
    left.map(({ prompt }) => {
      const { weak, strong } = predictor.predict(prompt)
      return strong - weak
    }),
  )
}

function percentiles(numbers: readonly number[]): number[] {
  const sorted = numbers.toSorted((a, b) => a - b)
  return Array.from({ length: 101 }, (_, percent) => {
    const place = Math.round((percent / 100) * (sorted.length - 1))
    return sorted[place] ?? 0
  })
}

/** Accuracies of the models of MMLU-Pro, by domain. */
function publishedFigures(): Record<string, unknown> {
  const pro = rows.filter(isMmluPro)
  const names = [...new Set(pro.flatMap(row => Object.keys(row.models)))].sort()
  return {
    source:
      'MMLU-Pro, published answers of each model (Apache-2.0), on the rows of the training split',
    domains,
    models: Object.fromEntries(names.map(name => [name, figuresOf(pro, [name])])),
  }
}

/**
 * Trains without a part of the subjects and prints the figures on it. Subjects
 * of a domain go to the parts in turn: one that is left without any could not be
 * told from the others.
 */
function crossValidate(parts: number): void {
  const subjects = subjectsByDomain()
  for (let part = 0; part < parts; part++) {
    const out = new Set(subjects.filter((_, index) => index % parts === part))
    const left = rows.filter(row => row.domain && out.has(subjectOf(row)))
    const rest = rows.filter(row => !out.has(subjectOf(row)))
    const [fitted, known] = split(rest, 5)
    const model = trainModel(fitted, table)
    const gains = gainsOf(predictorOf(model.encode('', []), wordsBytes), known)
    const predictor = predictorOf(model.encode('', gains), wordsBytes)
    console.log(`\nleft out: ${[...out].join(', ')}`)
    printFigures(left, predictor, { brief: true })
  }
}

/** Domain after domain; within one in random order, those of the reference rows first. */
function subjectsByDomain(): string[] {
  const places = new Map<string, number>()
  for (const row of rows) {
    const subject = subjectOf(row)
    if (!row.domain || places.has(subject)) continue
    places.set(subject, 2 * domains.indexOf(row.domain as Domain) + (isReference(row) ? 0 : 1))
  }
  const subjects = [...places.keys()].sort()
  shuffle(subjects, seededRandom(3))
  return subjects.sort((a, b) => (places.get(a) as number) - (places.get(b) as number))
}

/** MMLU-Pro has questions of MMLU: a subject is left out of both. */
function subjectOf({ subject }: Row): string {
  return subject.replace('ori_mmlu-', '')
}

/** The table's words are those of the data that are most frequent, then the encoder's own. */
function distil(python: string, from: readonly Row[]): void {
  const counts = new Map<string, number>()
  for (const { prompt } of from) {
    for (const word of new Set(prompt.toLowerCase().match(/[a-z]{2,23}/g) ?? [])) {
      counts.set(word, (counts.get(word) ?? 0) + 1)
    }
  }
  const words = [...counts]
    .sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1))
    .slice(0, WORDS_OF_DATA)
    .map(([word]) => word)
  const { status } = spawnSync(python, ['training/distil.py', wordsFile], {
    input: words.join('\n'),
    stdio: ['pipe', 'inherit', 'inherit'],
  })
  if (status !== 0) throw new Error(`distil.py ended with ${status}`)
}
