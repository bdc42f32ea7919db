import { hashText } from './random.ts'

const openings = [
  'The short answer about',
  'In brief, on',
  'Here is what matters about',
  'A simple way to see',
]

const filler = `It depends on the context, yet a few points hold in general. First, the
main idea is simpler than it looks, because most of the effort goes into the details. Second,
the usual approach works well until the volume grows, and then small costs add up. Third, it
helps to measure before changing anything, since intuition is often wrong here. A good next
step is to start with one example, write down what is expected, and compare it with what
happens. When both agree, extend the example a little. When they differ, the difference shows
where to look. In practice this takes less time than it seems, and the result is easier to
explain to others.`.split(/\s+/)

const closing = 'It depends on the context, but the main idea is simpler than it looks.'
const topicCharacters = 48

/** A plausible answer that echoes the prompt's topic; the same prompt gets the same one. */
export function defaultText(prompt: string): string {
  return `${opening(prompt)}. ${closing}`
}

/** The same, at a given length: one word is one token. */
export function textOfTokens(prompt: string, tokens: number): string {
  const words = opening(prompt).split(' ')
  while (words.length < tokens) words.push(...filler)
  return words.slice(0, tokens).join(' ')
}

function opening(prompt: string): string {
  const topic = topicOf(prompt)
  return `${openings[hashText(topic) % openings.length]} "${topic}"`
}

function topicOf(prompt: string): string {
  const start = prompt.slice(0, 256)
  const plain = start.includes('[[') ? start.replace(/\[\[[^\]]*\]\]/g, '') : start
  const line = plain.trimStart().slice(0, topicCharacters)
  const cut = line.length === topicCharacters ? line.slice(0, line.lastIndexOf(' ')) : line
  return cut.trim() || 'this'
}

/** Splits text into what a stream sends chunk by chunk: words with the space before them. */
export function textPieces(text: string): string[] {
  return text.match(/\s*\S+\s*$|\s*\S+/g) ?? []
}
