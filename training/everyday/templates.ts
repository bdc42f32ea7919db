/**
 * How people ask, by level. `{}` is a subject; `{work}` and `{expert}` in the
 * second place are others of the same domain. A level says how much a model
 * must be able to do: 0 for what any does, 1 for what takes the best.
 */
export interface Template {
  text: string
  topic: 'easy' | 'work' | 'expert'
  level: number
}

const of = (topic: Template['topic'], level: number, texts: string): Template[] =>
  texts
    .trim()
    .split('\n')
    .map(text => ({ text: text.trim().replaceAll('\\n', '\n'), topic, level }))

export const templates: readonly Template[] = [
  ...of(
    'easy',
    0,
    `what is {}
    What's {}?
    hey, quick question: {}?
    tell me {} please
    Do you know {}?
    which one is {}
    In one word: {}
    who or what is {}?
    Is it true about {}? yes or no
    {}?
    how do you spell {}
    when was {}
    how many are there: {}
    Name one fact about {}.
    pls help, i forgot {}
    Give me another word for {}
    What does the word for {} mean?`,
  ),
  ...of(
    'work',
    0.15,
    `In one sentence, what is {}?
    Fix the typos: i am writting abuot {}
    Give me a title for a text on {}
    Name three things about {}.`,
  ),
  ...of(
    'work',
    0.5,
    `Explain {} to a ten-year-old in a few sentences.
    Write a short e-mail about {}, friendly and polite.
    Summarise the following text about {} in three bullet points: we talked about it for an hour, nobody objected, and the next step is due on Friday.
    Translate into German: We would like to know more about {} before the end of the week.
    Traduis en anglais : nous voudrions parler de {} demain matin.
    Übersetze bitte ins Englische: Gestern haben wir lange über {} gesprochen.
    Rewrite this so that it sounds more formal: hey, we need to sort out {} soon.
    Make a table with name, number and date about {}: Anna, 4, Monday; Ben, 7, Friday; Cleo, 2, Sunday.
    Draft a checklist for {}, at most ten points.
    Give me five tips on {}.
    I have a question about {}. What should I try first, and what should I avoid?
    Describe the difference between {} and {work} with an example.
    Write a paragraph of about 120 words about {} for our newsletter.
    Extract all names and dates as JSON from this note on {}: Mr Smith called on 3 May, Mrs Jones will answer by 7 June.
    Make six multiple-choice questions about {} with the answers at the end.
    Plan a simple programme about {} for a group of ten people with little money.
    Which category is this message in, complaint, question or praise: "I am not happy with {}"?
    Check my answer on {}: I think it is 24, because 3 times 8 is 24. Where could I be wrong?
    A sum of 350 is shared for {}, 40 percent first and the rest in three equal parts. How much is each part?
    Write code or a step by step guide for {}, with short comments.
    Why does this not work? It is about {} and shows an error in line 3.
    Compose a short poem about {} with rhymes.`,
  ),
  ...of(
    'expert',
    0.7,
    `Explain {} to a graduate student with one worked example.
    Give an overview of {} and its most important results, about 300 words.
    Summarise the current state of research on {}.`,
  ),
  ...of(
    'expert',
    1,
    `Prove the main result about {} and point out where each assumption is used.
    Derive the result for {} step by step and discuss the limiting cases.
    Critically evaluate the arguments about {} and defend a position against the strongest objection.
    Compare {} with {expert}: assumptions, failure modes, and which one you would choose under uncertainty.
    We face a problem with {}. Diagnose the likely causes, rank them, and say which evidence would separate them.
    Design a solution for {} that meets these constraints, justify every choice and analyse the trade-offs and risks.
    Review the following in the light of {}, identify the weaknesses, and redraft it with reasons: "as agreed between us, whatever happens".
    Show that the standard account of {} fails in this case, construct a counterexample, and repair it.
    Our data on {} contradict the model. Which mechanisms fit, and how would you test between them?
    Propose a mechanism for {}, explain the selectivity, and predict what changes when the conditions change.
    Outline assessment, differential, management and follow-up for a case of {} with two complicating factors, with evidence.
    To what extent does the evidence on {} support a causal claim? Weigh the sources and name what would falsify it.
    Estimate the effect in a study of {}, discuss bias and identification, and specify the sensitivity analyses.
    Prepare a memorandum on {}: grounds, burden of proof, counter-arguments, and interim measures.
    Calculate the quantities for {} under stated assumptions, check their consistency, and quantify the error.`,
  ),
]

/** Talk that has no subject. */
export const smallTalk =
  'hi; hello there; good morning; hmm ok; uh huh; mm yes; aha; oh well; hm, not sure; er, wait; and now?; how are you?; thanks a lot; thank you, that was great; bye, see you tomorrow; tell me a joke; who are you?; lol that is funny; ok cool; good night; nice to meet you; what can you do?; i am bored; happy birthday; you are the best; hallo, wie geht es dir?; bonjour, ça va ?; hola, qué tal?; sing me a song; what is your name; never mind; yes please; no thanks; tell me something nice; how was your day; great, let us stop here; merci beaucoup; danke dir; sorry, wrong window; test; ping; can you hear me?'.split(
    '; ',
  )
