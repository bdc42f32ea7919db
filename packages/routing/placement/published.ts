import { readFileSync } from 'node:fs'

/** Published accuracies of a model. */
export interface PublishedFigures {
  /** Share of MMLU-Pro's questions answered correctly. */
  overall: number
  /** The same by domain, in the order of `domains`. */
  byDomain: readonly number[]
}

interface Table {
  models: Record<string, PublishedFigures>
}

let table: ReadonlyMap<string, PublishedFigures> | undefined

/**
 * What is published of a model of this name, spelt in any of the usual ways.
 * The table is `predictor/mmlu-pro.json`, which says where it is from; it is
 * read at the first call.
 */
export function publishedFiguresOf(name: string): PublishedFigures | undefined {
  table ??= readTable()
  return table.get(plain(name))
}

function readTable(): ReadonlyMap<string, PublishedFigures> {
  const file = new URL('../predictor/mmlu-pro.json', import.meta.url)
  const { models } = JSON.parse(readFileSync(file, 'utf8')) as Table
  return new Map(Object.entries(models).map(([name, figures]) => [plain(name), figures]))
}

/** Without the provider before it, and but for letters and digits. */
function plain(name: string): string {
  return name
    .slice(name.lastIndexOf('/') + 1)
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
}
