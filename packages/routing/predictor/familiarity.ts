import type { Scanner } from '../features/scan.ts'

/** Between these scores of familiarity the model is unsure. */
const STRANGE = 0.35
const FAMILIAR = 0.75
/**
 * The heads learnt from whole questions: of a word or two they say what the
 * questions with that word were like, and of none what holds for all. So what
 * has fewer words than a question asks for less; of a formula each sign is a word.
 */
const QUESTION_WORDS = 4
const FORMULA_SIGN = /[\p{Sm}\p{No}]/gu
/** Of scripts that leave no gaps between words, but are not of signs. */
const LETTERS_OF_WORD = 6

/**
 * From 0, of nothing, to 1, of as much as a question has.
 * @param scan of the text
 */
export function shareOfQuestion(text: string, scan: Pick<Scanner, 'words' | 'foreign'>): number {
  const words = Math.max(scan.words, scan.foreign / LETTERS_OF_WORD)
  if (words >= QUESTION_WORDS) return 1
  const signs = text.match(FORMULA_SIGN)?.length ?? 0
  return Math.min(1, (words + signs) / QUESTION_WORDS)
}

/**
 * From 0, of everyday life, to 1, of examinations.
 * @param score of the head
 * @param asked the text's share of a question
 */
export function familiarityOf(score: number, asked: number): number {
  return asked * unit((score - STRANGE) / (FAMILIAR - STRANGE))
}

export function unit(value: number): number {
  return Math.min(1, Math.max(0, value))
}
