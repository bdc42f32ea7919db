import type { Scanner } from '../features/scan.ts'

/** Between these scores of familiarity the model is unsure. */
const STRANGE = 0.35
const FAMILIAR = 0.75
/**
 * The heads learnt from whole questions: of a word or two they say what the
 * questions with that word were like, and of none what holds for all. So what
 * has fewer words than a question asks for less. Of a formula each sign is a
 * word that is not of sums, and a number is little of one.
 */
const QUESTION_WORDS = 4
const FORMULA_SIGN = /(?![+<=>|~])\p{Sm}|\p{No}/gu
const NUMBERS_OF_WORD = 4
/** Of scripts that leave no gaps between words, but are not of signs. */
const LETTERS_OF_WORD = 6
/** Words and pairs of words that are no repetition: of short prose nearly all, and of what says enough whatever it repeats. */
const LEAST_FRESH = 0.5
const ENOUGH_FRESH = 80

/**
 * From 0, of nothing or the same again and again, to 1, of as much as a question has.
 * @param scan of the text
 */
export function shareOfQuestion(
  text: string,
  scan: Pick<Scanner, 'words' | 'numbers' | 'foreign' | 'termCount'>,
): number {
  return sharedByWords(text, scan) * sharedByFreshness(scan)
}

function sharedByWords(
  text: string,
  { words, numbers, foreign }: Pick<Scanner, 'words' | 'numbers' | 'foreign'>,
): number {
  const spoken = words - numbers + numbers / NUMBERS_OF_WORD
  const said = Math.max(spoken, foreign / LETTERS_OF_WORD)
  if (said >= QUESTION_WORDS) return 1
  const signs = text.match(FORMULA_SIGN)?.length ?? 0
  return unit((said + signs) / QUESTION_WORDS)
}

function sharedByFreshness({ words, termCount }: Pick<Scanner, 'words' | 'termCount'>): number {
  if (words === 0) return 1
  const fresh = termCount / (2 * words)
  return unit(Math.max(fresh / LEAST_FRESH, termCount / ENOUGH_FRESH))
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
