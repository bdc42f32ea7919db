import { templatePrompts } from '../../training/everyday/prompts.ts'
import { seededRandom } from '../../training/metrics.ts'
import { readRealLifePrompts } from './real-life.ts'

const exercises = [
  'Solve {a}x² − {b}x + {c} = 0 and check your solutions.',
  'Prove that {a}ⁿ − 1 is divisible by {b} for infinitely many n, or say why not.',
  'Find the derivative of x^{a} · sin({b}x) at x = {c}.',
  'What is {a} × {b} + {c}?',
  'Compute the determinant of [[{a}, {b}], [{c}, {a}]] and the eigenvalues.',
  'How many ways are there to seat {a} guests at {b} round tables so that {c} pairs do not sit together?',
  'Evaluate the integral of x^{a} · e^(−{b}x) from 0 to infinity, with all steps.',
]
const remarks = [
  'hey, how was your day? mine had {a} meetings',
  'Thanks, that helped! See you in {a} days.',
  'Tell me something nice about the number {b}.',
  'I slept {a} hours and feel great, and you?',
  'lol ok. {c} more minutes and then lunch',
  'What should I cook for {a} friends tonight?',
  'Write a short birthday wish for my aunt, she turns {b}.',
]

/** Prompts of one kind: from this repository's own, and made of patterns and numbers. */
function promptsOf(
  count: number,
  own: readonly { text: string }[],
  patterns: readonly string[],
  seed: number,
): string[] {
  const random = seededRandom(seed)
  const number = (most: number) => String(1 + Math.floor(random() * most))
  const lists = [own.map(({ text }) => text), patterns]
  return Array.from({ length: count }, () => {
    const list = lists[random() < 0.5 ? 0 : 1] ?? []
    const text = list[Math.floor(random() * list.length)] ?? ''
    return text
      .replaceAll('{a}', number(9))
      .replaceAll('{b}', number(40))
      .replaceAll('{c}', number(7))
  })
}

/** `count` prompts of mathematics, then as many of chat. */
export function fromMathematicsToChat(count: number): string[] {
  const real = readRealLifePrompts()
  const mathematics = [
    ...templatePrompts().filter(({ domain }) => domain === 'math'),
    ...real.filter(({ domain }) => domain === 'math').map(({ prompt }) => ({ text: prompt })),
  ]
  const chat = templatePrompts().filter(({ domain }) => domain === 'other')
  return [...promptsOf(count, mathematics, exercises, 1), ...promptsOf(count, chat, remarks, 2)]
}
