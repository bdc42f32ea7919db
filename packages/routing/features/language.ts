import type { Language } from '@longhaul/contracts'
import type { Scanner } from './scan.ts'
import { WordBits } from './word-bits.ts'

const stopWords = {
  en: 'the of and to in is that it for was with as on are this be what how you my your which from have please i do no me not we if can an at or by where when why who',
  de: 'der die das und ist nicht ein eine mit für auf den dem zu wie ich wir sie bitte auch wird sind von im bei aus einen einem einer kann mir was wo warum wer oder über',
  fr: 'le la les des et est une dans pour que qui sur avec nous vous je pas au ce plus sont du un quel quelle comment où pourquoi ne mon ma mes sa ou',
  es: 'el los las y es una en por para que con del se como un mi su no lo pero más qué cómo cuál dónde quién la al',
  it: 'il di che è per una sono con non gli della come mi si nel ho anche questo la i le un dove perché chi alla',
  pt: 'o os as e é uma em para com não do da que um por mais como eu você onde qual na no ao',
  nl: 'het een van en is niet op te dat voor met zijn ik wij deze naar ook als de wat hoe waar mijn',
  pl: 'i w nie na się jest to z do że jak dla co czy gdzie dlaczego od po',
} as const satisfies Partial<Record<Language, string>>

const languages = Object.keys(stopWords) as (keyof typeof stopWords)[]

const bits = new WordBits(languages.map(language => stopWords[language]))

const LOOKED_AT = 60
const votes = new Uint16Array(languages.length)

/** The language whose small words the text has most of; English when it has none of any. */
export function languageOf({ hashes, words, signs, foreign, characters }: Scanner): Language {
  if (signs > characters / 3) return 'cjk'
  if (foreign > characters / 2) return 'other'
  votes.fill(0)
  for (let index = 0; index < Math.min(words, LOOKED_AT); index++) {
    for (let spoken = bits.of(hashes[index] as number); spoken !== 0; spoken &= spoken - 1) {
      const place = 31 - Math.clz32(spoken & -spoken)
      votes[place] = (votes[place] as number) + 1
    }
  }
  let best = 0
  for (let place = 1; place < languages.length; place++) {
    if ((votes[place] as number) > (votes[best] as number)) best = place
  }
  return languages[best] ?? 'en'
}
