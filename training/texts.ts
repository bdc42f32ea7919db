import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { seededRandom } from './metrics.ts'
import { readRows } from './rows.ts'

/** Of the labelled files those that nothing is trained on, as far as they are there. */
export function filesToMeasure(folder: string): string[] {
  return [
    join(folder, 'dev.jsonl.gz'),
    join(folder, 'aux/mmlu_pro.dev.jsonl.gz'),
    'test/routing/real-life.jsonl',
    'test/routing/further-prompts.jsonl',
  ].filter(existsSync)
}

export function promptsOf(files: readonly string[]): string[] {
  return files.flatMap(readRows).map(({ prompt }) => prompt)
}

/**
 * Texts of one length, each of prompts drawn at random and none twice: a
 * benchmark that repeats its texts measures caches that real traffic has not.
 */
export function mixedTexts(prompts: readonly string[], count: number, length: number): string[] {
  const random = seededRandom(1)
  return Array.from({ length: count }, (_, number) => {
    let text = `${number}.`
    while (text.length < length) {
      text += ` ${prompts[Math.floor(random() * prompts.length)] || 'and so on'}`
    }
    // Whole, as those that come out of a parser; what is cut out of another is slow to read.
    return structuredClone(text.slice(0, length))
  })
}
