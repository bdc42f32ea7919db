/** Changes of form that should not change a decision: some to train on, some to test with. */

const letters = 'abcdefghijklmnopqrstuvwxyz'

/** Swaps, drops, doubles or replaces one letter in `share` of the words of four letters or more. */
export function withTypos(text: string, share: number, random: () => number): string {
  return text.replace(/[A-Za-z]{4,}/g, word => (random() < share ? misspelt(word, random) : word))
}

function misspelt(word: string, random: () => number): string {
  const at = 1 + Math.floor(random() * (word.length - 2))
  const head = word.slice(0, at)
  const one = word.charAt(at)
  const rest = word.slice(at + 1)
  switch (Math.floor(random() * 4)) {
    case 0:
      return `${head}${rest.charAt(0)}${one}${rest.slice(1)}`
    case 1:
      return head + rest
    case 2:
      return head + one + one + rest
    default:
      return head + letters.charAt(Math.floor(random() * letters.length)) + rest
  }
}

/** What people and programs put around a prompt. The last of each kind are kept for tests. */
const prefixes = [
  'Please answer the following question. ',
  'You are a helpful assistant. ',
  'Question: ',
  'Hi there, I need some help with this one. ',
  'Answer as well as you can:\n\n',
  'Here is my question for you: ',
]
const suffixes = [
  ' Thank you!',
  '\n\nThink step by step.',
  ' Please explain your answer briefly.',
  '\nGive only the final answer.',
  ' I would be glad about a short reason, too.',
  '\n\nRespond in English.',
]
export const testPrefix = 'Hello! Could you help me with this, please? '
export const testSuffix = '\n\nThanks in advance for your help.'

function oneOf(list: readonly string[], random: () => number): string {
  return list[Math.floor(random() * list.length)] ?? ''
}

/** A copy with typos, something before or something behind it, or two of these. */
export function disturbed(text: string, random: () => number): string {
  let copy = text
  const kind = Math.floor(random() * 4)
  if (kind === 0 || kind === 3) copy = withTypos(copy, 0.1, random)
  if (kind === 1 || kind === 3) copy = oneOf(prefixes, random) + copy
  if (kind === 2) copy += oneOf(suffixes, random)
  return copy
}
