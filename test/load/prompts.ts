const SENTENCES = [
  'Summarise the clause on liability, and say which party bears the cost of a late delivery.',
  'The function below sorts the list twice; explain why, and write a version that does not.',
  'A train leaves at 9:40 and another at 10:05; at which kilometre does the second overtake it?',
  'Translate the following letter into French, and keep the tone of the original.',
  'The patient takes two of these medicines together: name the known interactions.',
  'Extract every date, amount and name from the text, as JSON with the keys of the example.',
  'Our customers ask for refunds more often since May. Suggest three causes, and how to test each.',
]
const SENTENCES_EACH = 11

/** Job `index` as `POST /v1/jobs` takes it: about 1 KB, no prompt like another. */
export function jobOf(index: number): object {
  const sentences = Array.from(
    { length: SENTENCES_EACH },
    (_, place) => SENTENCES[(index + place * 3) % SENTENCES.length],
  )
  return {
    body: {
      messages: [{ role: 'user', content: `Request ${index}. ${sentences.join(' ')}` }],
      max_tokens: 200,
    },
    metadata: { number: String(index) },
  }
}
