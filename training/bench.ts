import { parseArgs } from 'node:util'
import { loadPredictor } from '../packages/routing/predictor/load.ts'
import { printFigures } from './figures.ts'
import { readRows } from './rows.ts'
import { printSpeed } from './speed.ts'
import { filesToMeasure } from './texts.ts'

/** Prints how well the shipped routing model does: `npm run bench:routing [-- FILE…]`. */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { data: { type: 'string', default: process.env.ROUTING_DATA ?? '../shared/routing' } },
})

const texts: string[] = []
const predictor = loadPredictor()
console.log(`weights ${predictor.weights.header.version}`)
for (const file of positionals.length > 0 ? positionals : filesToMeasure(values.data)) {
  const rows = readRows(file)
  console.log(`\n=== ${file}: ${rows.length} prompts`)
  printFigures(rows, predictor)
  for (const { prompt } of rows) texts.push(prompt)
}
printSpeed(texts)
