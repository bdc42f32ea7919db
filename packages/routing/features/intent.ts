import type { Intent } from '@longhaul/contracts'
import { handFeatureNames } from './hand-features.ts'
import { hashWord, type Scanner } from './scan.ts'
import type { WordGroup } from './word-groups.ts'

const placeOf = new Map(handFeatureNames.map((name, place) => [name, place]))
const at = (name: string) => placeOf.get(name) as number
const group = (name: WordGroup) => at(name)

/** The words that give a task its name, wherever they stand; they outweigh all else. */
const commands: readonly (readonly [Intent, string])[] = [
  [
    'translation',
    'translate translation übersetze übersetzen traduis traduire traduce traducir traduci',
  ],
  ['summary', 'summarise summarize summary tldr shorten condense zusammenfassen résume resumir'],
  ['rewriting', 'rewrite rephrase reword proofread'],
  ['extraction', 'extract classify categorise categorize label normalise normalize'],
]
const commandOf = new Map<number, Intent>(
  commands.flatMap(([intent, words]) =>
    words.split(' ').map(word => [hashWord(word), intent] as const),
  ),
)
/** A command stands early, or at the very end. */
const COMMAND_WORDS = 12

/** The marks and words of a text, as `fillHandFeatures` counted them, say what it asks for. */
export function intentOf(scan: Scanner, hand: Float32Array): Intent {
  const has = (place: number) => hand[place] as number
  const greeting = Math.expm1(has(group('greeting')))
  if (scan.words <= 8 && greeting >= scan.words / 2) return 'chat'
  const command = commandIn(scan)
  if (command) return command
  if (has(group('repair')) + has(group('code')) + bracesIn(hand) > 2.4) return 'code'
  const operators = has(at('operators')) + has(at('backslashes'))
  if (has(group('proof')) > 0 || operators + has(group('calculation')) > 2) return 'mathematics'
  if (has(group('creative')) > 0) return 'creative'
  if (has(group('analysis')) + has(group('design')) > 1) return 'analysis'
  if (has(group('writing')) > 0) return 'writing'
  if (has(group('planning')) > 0) return 'planning'
  return scan.marks[0x3f] === 0 && scan.words <= 4 ? 'chat' : 'question'
}

/** Marks that prose has little of. */
function bracesIn(hand: Float32Array): number {
  const has = (place: number) => hand[place] as number
  return has(at('semicolons')) + has(at('other-brackets')) + has(at('underscores'))
}

const BACKTICK = 0x60
/** A block between fences has six. */
const FENCES = 6
const CODE_BRACES = 1.7

/** Whether there is code in a text, whatever is asked for. */
export function hasCode({ marks }: Scanner, hand: Float32Array): boolean {
  return (marks[BACKTICK] as number) >= FENCES || bracesIn(hand) > CODE_BRACES
}

function commandIn({ hashes, words }: Scanner): Intent | undefined {
  for (let index = 0; index < words; index++) {
    if (index === COMMAND_WORDS && words > 2 * COMMAND_WORDS) index = words - COMMAND_WORDS
    const command = commandOf.get(hashes[index] as number)
    if (command) return command
  }
  return undefined
}
