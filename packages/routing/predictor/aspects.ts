import { handFeatureNames } from '../features/hand-features.ts'
import { wordGroups } from '../features/word-groups.ts'

/**
 * What an explanation calls the hand-made features. Those that measure much
 * the same are one aspect: their weights hold each other in check, so that
 * only their sum says something.
 */
const counted = {
  length: 'characters words distinct stem-words',
  'long words': 'word-length long-words',
  'rare words': 'rarity rare-share unknown-share',
  numbers: 'digit-share numbers long-numbers decimals option-numbers',
  'letters with digits': 'mixed',
  'other alphabets': 'foreign',
  'answers to choose from': 'options option-length',
  'how it asks': 'question-marks stem-asks stem-blank',
  'signs of formulas': 'operators backslashes dollars percents',
  'marks of code': 'round-brackets other-brackets semicolons bars underscores',
  punctuation: 'hyphens colons commas stops quotes apostrophes exclamations',
}
const ofWords = Object.fromEntries(wordGroups.map(group => [`words of ${group}`, group]))

/** The vocabulary, and the word vectors. */
const WORDS = 'choice of words'
const MEANING = 'subject'

const aspects = Object.entries({ ...counted, ...ofWords })
export const aspectNames: readonly string[] = [WORDS, MEANING, ...aspects.map(([name]) => name)]
export const WORDS_ASPECT = 0
export const MEANING_ASPECT = 1

/** Of each hand-made feature the place of its aspect in `aspectNames`. */
export const aspectOf = Uint8Array.from(handFeatureNames, feature => {
  const place = aspects.findIndex(([, features]) => features.split(' ').includes(feature))
  if (place < 0) throw new RangeError(`${feature} is of no aspect`)
  return place + 2
})

/** What an explanation says of an aspect: by how much it makes the text more complex. */
export interface Aspect {
  name: string
  weight: number
}

/** How many aspects an explanation names, and what they weigh at least. */
const EXPLAINED = 4
const LEAST_WEIGHT = 0.01

/** The aspects of largest weight, whatever their sign, the strongest first; `weights` are used up. */
export function weightiest(weights: Float64Array): Aspect[] {
  const most: Aspect[] = []
  while (most.length < EXPLAINED) {
    const place = largest(weights)
    const weight = weights[place] as number
    if (Math.abs(weight) < LEAST_WEIGHT) break
    most.push({ name: aspectNames[place] ?? '', weight: Math.round(weight * 100) / 100 })
    weights[place] = 0
  }
  return most
}

function largest(numbers: Float64Array): number {
  let best = 0
  for (let place = 1; place < numbers.length; place++) {
    if (Math.abs(numbers[place] as number) > Math.abs(numbers[best] as number)) best = place
  }
  return best
}
