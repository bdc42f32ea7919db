import { readFileSync } from 'node:fs'
import { type Domain, domains } from '@longhaul/contracts'
import { seededRandom } from '../metrics.ts'
import { glossary } from './glossary.ts'
import { type ShortPrompts, shortPrompts } from './short-prompts.ts'
import { smallTalk, type Template, templates } from './templates.ts'
import { topics } from './topics.ts'

export interface EverydayPrompt {
  text: string
  domain: Domain
  level: number
}

export interface DomainText {
  text: string
  domain: Domain
}

const GLOSSARY_TEXTS = 240

/** Some words of a domain in any order: they teach what belongs where, not how people write. */
export function glossaryTexts(): DomainText[] {
  const random = seededRandom(43)
  return domains.flatMap(domain => {
    const words = (glossary[domain] ?? '').split(' ')
    return Array.from({ length: GLOSSARY_TEXTS }, () => {
      const length = 2 + Math.floor(random() * 7)
      const text = Array.from({ length }, () => oneOf(words, random)).join(' ')
      return { text, domain }
    })
  })
}

/** How many subjects each template meets in a domain. */
const drawn = { easy: 3, work: 4, expert: 5 }
const TALKS = 6

/** How complex prompts are that were written, by their list. */
const levels: Record<keyof ShortPrompts, number> = { easy: 0, work: 0.4, expert: 0.9 }

/** Prompts made of templates and topics, always the same. */
export function templatePrompts(): EverydayPrompt[] {
  const random = seededRandom(42)
  const prompts: EverydayPrompt[] = []
  for (const domain of domains) {
    const lists = listsOf(domain)
    for (const template of templates) {
      for (let count = 0; count < drawn[template.topic]; count++) {
        const subject = oneOf(lists[template.topic], random)
        prompts.push({
          text: filled(template, subject, lists, random),
          domain,
          level: template.level,
        })
      }
    }
  }
  for (let talk = 0; talk < TALKS; talk++) {
    for (const text of smallTalk) {
      const more = talk % 2 === 1 ? ` ${oneOf(smallTalk, random)}` : ''
      prompts.push({ text: text + more, domain: 'other', level: 0 })
    }
  }
  return prompts
}

/** Short ones as people type them. */
export function typedPrompts(): EverydayPrompt[] {
  return domains.flatMap(domain =>
    (['easy', 'work', 'expert'] as const).flatMap(list =>
      shortPrompts[domain][list]
        .trim()
        .split('\n')
        .map(text => ({ text: text.trim(), domain, level: levels[list] })),
    ),
  )
}

interface WrittenPrompt {
  domain: Domain
  level: keyof ShortPrompts
  prompt: string
}

/** Of a word to 800 characters, by many kinds of people and programs. No prompt like one of a test set is here. */
export function writtenPrompts(): EverydayPrompt[] {
  return readFileSync(new URL('./written.jsonl', import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as WrittenPrompt)
    .map(({ prompt, domain, level }) => ({ text: prompt, domain, level: levels[level] }))
}

type Lists = Record<Template['topic'], string[]>

function listsOf(domain: Domain): Lists {
  const { easy = '', work = '', expert = '' } = topics[domain] ?? {}
  return { easy: easy.split('; '), work: work.split('; '), expert: expert.split('; ') }
}

function filled(template: Template, subject: string, lists: Lists, random: () => number): string {
  return template.text
    .replace('{}', subject)
    .replace('{work}', oneOf(lists.work, random))
    .replace('{expert}', oneOf(lists.expert, random))
}

function oneOf(list: readonly string[], random: () => number): string {
  return list[Math.floor(random() * list.length)] ?? ''
}
