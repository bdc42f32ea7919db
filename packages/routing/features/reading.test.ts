import { describe, expect, it } from '@jest/globals'
import { loadPredictor } from '../predictor/load.ts'
import { conversationOf } from './conversation.ts'
import { expectedOutputTokens } from './expected-output.ts'
import { intentOf } from './intent.ts'
import { languageOf } from './language.ts'

const predictor = loadPredictor()

describe('the intent', () => {
  it.each([
    ['chat', 'Thanks, bye!'],
    ['question', 'Who painted the Mona Lisa?'],
    ['translation', 'Translate to French: the train leaves at noon.'],
    ['summary', 'Summarise the minutes below in two lines. We met on Monday and agreed on all.'],
    ['extraction', 'Extract all dates from this text: due on 3 May, paid on 7 June.'],
    ['rewriting', 'Rephrase this politely: you are late again'],
    ['code', 'Fix this bug: function f(a) { return a[0]; } throws a TypeError exception'],
    ['mathematics', 'Prove that the square root of 2 is irrational.'],
    ['creative', 'A limerick about a cat, with rhymes'],
    ['writing', 'Draft an invitation to our garden party.'],
    ['chat', 'thx, that was all'],
    ['chat', 'Ok thanks!'],
    ['translation', 'Thanks! Now translate it to Dutch.'],
    ['writing', 'Ok, draft an invitation to our party.'],
    ['creative', 'okay now a limerick about a cat'],
    ['question', 'How do you say thank you in Turkish?'],
    ['question', 'who built the pantheon'],
    ['question', 'Show me where the pantheon is'],
    ['code', 'y = [n + 1 for n in range(9)]'],
    ['code', 'SELECT town FROM clients WHERE age > 20;'],
    ['code', 'git amend a commit'],
    ['mathematics', '19 * 21'],
    ['mathematics', 'what is 4.5% of 80'],
    ['mathematics', 'Show that the sum of two even numbers is even.'],
    ['analysis', 'Compare the two offers.'],
  ])('%s', (intent, text) => {
    const { scan, hand } = predictor.predict(text)
    expect(intentOf(scan, hand)).toBe(intent)
  })
})

describe('the language', () => {
  it.each([
    ['en', 'What is the weather like in the mountains?'],
    ['de', 'Wie ist das Wetter in den Bergen und was soll ich mitnehmen?'],
    ['fr', 'Quel temps fait-il dans les montagnes et que faut-il prendre avec nous ?'],
    ['es', 'Cómo es el tiempo en las montañas y qué debo llevar para el viaje con los niños'],
    ['en', 'No worries'],
    ['en', 'Do it again, no excuses'],
    ['en', 'No, not me'],
    ['en', 'I do'],
    ['en', 'Fix typos'],
    ['de', 'Was kostet ein Ticket?'],
    ['de', 'Schreibe mir einen Brief'],
    ['fr', 'Écris un poème sur la mer'],
    ['fr', 'Quelle heure est-il à Tokyo ?'],
    ['es', 'Escribe un poema sobre el mar'],
    ['es', '¿Dónde está la estación?'],
    ['it', 'Dove si trova il museo?'],
    ['it', 'Scrivi una lettera di scuse per la scuola'],
    ['pt', 'Escreva uma carta para o meu chefe'],
    ['nl', 'Hoe laat is het in Tokio?'],
    ['pl', 'Gdzie jest dworzec w Krakowie?'],
    ['cjk', '山里的天气怎么样？我应该带什么？'],
    ['other', 'Какая погода в горах?'],
  ])('%s', (language, text) => {
    expect(languageOf(predictor.predict(text).scan)).toBe(language)
  })
})

describe('the expected length of an answer', () => {
  const expected = (text: string) => {
    const { scan, hand, complexity } = predictor.predict(text)
    return expectedOutputTokens(intentOf(scan, hand), 50, complexity, scan, hand)
  }

  it('is what the text asks for in words', () => {
    expect(expected('Write an article of 1000 words on bees')).toBe(1_350)
  })

  it('is short where the text says so', () => {
    expect(expected('What is inflation? One sentence.')).toBeLessThan(
      expected('What is inflation? A detailed essay.'),
    )
  })
})

describe('the focus of a conversation', () => {
  const turn = (role: string, content: unknown) => ({ role, content })
  const chat = (...messages: unknown[]) => conversationOf('/v1/chat/completions', { messages })
  const long = 'Compare the two offers for the new roof, and say which of them is the better one.'

  it('is the instructions and the last turn', () => {
    const { focus, turns } = chat(
      turn('system', 'You are a roofer.'),
      turn('user', 'Hello'),
      turn('assistant', 'Hello!'),
      turn('user', long),
    )
    expect(focus).toBe(`You are a roofer.\n${long}`)
    expect(turns).toBe(2)
  })

  it('takes a short turn together with the one before it', () => {
    expect(chat(turn('user', long), turn('user', 'And in French?')).focus).toBe(
      `${long}\nAnd in French?`,
    )
  })

  it('reads texts among other parts, and counts results of tools', () => {
    const parts = [
      { type: 'text', text: long },
      { type: 'image_url', image_url: {} },
    ]
    expect(chat(turn('user', parts), turn('tool', '42'))).toEqual({
      focus: long,
      asked: long,
      turns: 1,
      toolResults: 1,
    })
  })

  it('of the Responses API is its input', () => {
    const body = { instructions: 'Be brief.', input: 'Hi' }
    expect(conversationOf('/v1/responses', body).focus).toBe('Be brief.\nHi')
  })

  it.each([[{}], [{ messages: 5 }], [{ messages: [null, 3, { role: 'user', content: {} }] }]])(
    'is empty for %j',
    body => {
      expect(conversationOf('/v1/chat/completions', body).focus).toBe('')
    },
  )
})
