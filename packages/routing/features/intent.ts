import type { Intent } from '@longhaul/contracts'
import { handFeatureNames } from './hand-features.ts'
import type { Scanner } from './scan.ts'
import { WordBits } from './word-bits.ts'
import type { WordGroup } from './word-groups.ts'

const placeOf = new Map(handFeatureNames.map((name, place) => [name, place]))
const at = (name: string) => placeOf.get(name) as number
const group = (name: WordGroup) => at(name)
const GREETING = group('greeting')
const REPAIR = group('repair')
const CODE = group('code')
const PROOF = group('proof')
const CALCULATION = group('calculation')
const CREATIVE = group('creative')
const ANALYSIS = group('analysis')
const DESIGN = group('design')
const WRITING = group('writing')
const PLANNING = group('planning')
const SEMICOLONS = at('semicolons')
const OTHER_BRACKETS = at('other-brackets')
const UNDERSCORES = at('underscores')
const OPERATORS = at('operators')
const BACKSLASHES = at('backslashes')

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
const commandBits = new WordBits(commands.map(([, words]) => words))
/** A command stands early, or at the very end. */
const COMMAND_WORDS = 12

/** The marks and words of a text, as `fillHandFeatures` counted them, say what it asks for. */
export function intentOf(scan: Scanner, hand: Float32Array): Intent {
  const has = (place: number) => hand[place] as number
  const greeting = Math.expm1(has(GREETING))
  if (scan.words <= 8 && greeting >= scan.words / 2) return 'chat'
  const command = commandIn(scan)
  if (command) return command
  const braces = has(SEMICOLONS) + has(OTHER_BRACKETS) + has(UNDERSCORES)
  if (has(REPAIR) + has(CODE) + braces > 2.4) return 'code'
  const operators = has(OPERATORS) + has(BACKSLASHES)
  if (has(PROOF) > 0 || operators + has(CALCULATION) > 2) return 'mathematics'
  if (has(CREATIVE) > 0) return 'creative'
  if (has(ANALYSIS) + has(DESIGN) > 1) return 'analysis'
  if (has(WRITING) > 0) return 'writing'
  if (has(PLANNING) > 0) return 'planning'
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
    const bit = commandBits.of(hashes[index] as number)
    if (bit !== 0) return commands[31 - Math.clz32(bit)]?.[0]
  }
  return undefined
}
