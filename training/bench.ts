import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { loadPredictor } from '../packages/routing/predictor/load.ts'
import { printFigures } from './figures.ts'
import { readRows } from './rows.ts'
import { printSpeed } from './speed.ts'

/** Prints how well the shipped routing model does: `npm run bench:routing [-- FILE…]`. */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { data: { type: 'string', default: process.env.ROUTING_DATA ?? '../shared/routing' } },
})

const usual = [
  join(values.data, 'dev.jsonl.gz'),
  join(values.data, 'aux/mmlu_pro.dev.jsonl.gz'),
  'test/routing/real-life.jsonl',
]
const texts: string[] = []
const predictor = loadPredictor()
console.log(`weights ${predictor.weights.header.version}`)
for (const file of positionals.length > 0 ? positionals : usual.filter(existsSync)) {
  const rows = readRows(file)
  console.log(`\n=== ${file}: ${rows.length} prompts`)
  printFigures(rows, predictor)
  for (const { prompt } of rows) texts.push(prompt)
}
printSpeed(texts)
