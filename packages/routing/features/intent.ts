import type { Intent } from '@longhaul/contracts'
import { handFeatureNames } from './hand-features.ts'
import type { Scanner } from './scan.ts'
import { WordBits } from './word-bits.ts'
import { type WordGroup, wordGroupBits, wordGroups } from './word-groups.ts'
import { hashWord } from './word-hash.ts'

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
const EXPLANATION = group('explanation')
const QUESTION = group('question')
const NUMBERS = at('numbers')
const PERCENTS = at('percents')
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
  ['rewriting', 'rewrite rephrase reword paraphrase proofread nicer friendlier'],
  ['extraction', 'extract classify categorise categorize label normalise normalize'],
]
const commandBits = new WordBits(commands.map(([, words]) => words))
/** A command stands early, or at the very end. */
const COMMAND_WORDS = 12

/**
 * Words that by themselves tell what a short text is about. In a long one they
 * may be by the way: there the groups of words and the marks are counted.
 */
const telling = [
  // Code.
  'python javascript typescript java kotlin golang haskell bash sql regex regexp html css json yaml csv npm numpy git docker kubectl curl chmod div printf println console def elif nullptr stdio cout typeerror valueerror keyerror indexerror nameerror syntaxerror referenceerror attributeerror modulenotfounderror nullpointerexception nonetype segfault traceback fizzbuzz palindrome',
  // Calculation.
  'derivative derivatives integral integrate antiderivative factorise factorize simplify sqrt probability determinant eigenvalues equation equations hypotenuse divided multiplied squared cubed löse résous ableitung',
  // Thanks and the like.
  'thx ty thanks danke merci gracias grazie ok okay lol sorry',
] as const
const tellingBits = new WordBits(telling)
const ABOUT_CODE = 1
const ABOUT_CALCULATION = 2
const THANKS = 4
/** The longest text that a telling word speaks for. */
const SHORT = 24
/** The longest text of which a formula is all. */
const FORMULA = 8
const BRACKETS = '()[]{}'
/** The least share of the marks of programs in the characters of a line of code. */
const CODE_SHARE = 0.14
/** The same where there is a word of code, too. */
const NAMED_CODE_SHARE = 0.08
const bitOf = (name: WordGroup) => 1 << wordGroups.indexOf(name)
/** Groups of the first word: of an order to experts, and of a question. */
const DEMANDS = bitOf('analysis') | bitOf('design')
const ASKS = bitOf('question')
const SHOW = hashWord('show')
const THAT = hashWord('that')

/** The marks and words of a text, as `fillHandFeatures` counted them, say what it asks for. */
export function intentOf(scan: Scanner, hand: Float32Array): Intent {
  const has = (place: number) => hand[place] as number
  const told = scan.words <= SHORT ? toldBy(scan) : 0
  if (isGreeting(scan.words, Math.expm1(has(GREETING)))) return 'chat'
  const command = commandIn(scan)
  if (command) return command
  if (has(REPAIR) + has(CODE) + bracesIn(hand) > 2.4) return 'code'
  if ((told & ABOUT_CODE) !== 0 || isLineOfCode(scan, hand)) return 'code'
  if (asksForMathematics(scan, hand, told)) return 'mathematics'
  if (has(CREATIVE) > 0) return 'creative'
  const first = wordGroupBits.of(scan.hashes[0] as number)
  if (has(ANALYSIS) + has(DESIGN) > 1 || (scan.words > 0 && (first & DEMANDS) !== 0)) {
    return 'analysis'
  }
  if (has(WRITING) > 0) return 'writing'
  if (has(PLANNING) > 0 && (first & ASKS) === 0) return 'planning'
  if (isThanks(scan)) return 'chat'
  const asks = scan.marks[0x3f] !== 0 || has(QUESTION) + has(EXPLANATION) > 0
  return !asks && scan.words <= 2 ? 'chat' : 'question'
}

/** All that telling words of a short text say. */
function toldBy({ hashes, words }: Scanner): number {
  let told = 0
  for (let index = 0; index < words; index++) told |= tellingBits.of(hashes[index] as number)
  return told
}

/** Greetings with little beside them: `how` and `you` are words of questions, too. */
function isGreeting(words: number, greetings: number): boolean {
  return words <= 8 && greetings >= words * (words > 4 ? 0.6 : 0.5)
}

/** Of what asks for nothing else: `ok` may come before any order. */
function isThanks({ words, hashes }: Scanner): boolean {
  return words > 0 && words <= 8 && (tellingBits.of(hashes[0] as number) & THANKS) !== 0
}

function asksForMathematics(scan: Scanner, hand: Float32Array, told: number): boolean {
  const has = (place: number) => hand[place] as number
  if ((told & ABOUT_CALCULATION) !== 0) return true
  const proofs = Math.round(Math.expm1(has(PROOF)))
  if (proofs > 0 && proofs > shownThings(scan)) return true
  const operators = has(OPERATORS) + has(BACKSLASHES)
  if (operators + has(CALCULATION) > 2) return true
  if (scan.words > SHORT) return false
  if (operators > 0) return has(NUMBERS) > 0
  return scan.words <= FORMULA && has(PERCENTS) > 0 && scan.numbers >= 2
}

/** How often a text says `show` of anything but a proposition: `show that` is of proofs. */
function shownThings({ hashes, words }: Scanner): number {
  let count = 0
  for (let index = 0; index < words; index++) {
    if (hashes[index] !== SHOW) continue
    if (index + 1 === words || hashes[index + 1] !== THAT) count += 1
  }
  return count
}

/** Whether a short text has as many brackets, and other marks of programs, as only code has. */
function isLineOfCode({ words, marks, characters }: Scanner, hand: Float32Array): boolean {
  if (words > SHORT) return false
  let brackets = 0
  for (const mark of BRACKETS) brackets += marks[mark.charCodeAt(0)] as number
  let others = 0
  for (const mark of ';_=') others += marks[mark.charCodeAt(0)] as number
  const named = Math.round(Math.expm1(hand[CODE] as number))
  if (named >= 2 && others > 0) return true
  const share = named > 0 ? NAMED_CODE_SHARE : CODE_SHARE
  return brackets >= 2 && brackets + others >= share * characters
}

/** Marks that prose has little of. */
function bracesIn(hand: Float32Array): number {
  const has = (place: number) => hand[place] as number
  return has(SEMICOLONS) + has(OTHER_BRACKETS) + has(UNDERSCORES)
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
