import { WordBits } from './word-bits.ts'

/**
 * Words that say what is asked, and of what kind the text is: by group, in the
 * languages that are likely. They serve intent, hints of length, and the
 * hand-made features of the predictor, which counts each group.
 */
const groups = {
  question:
    'what which who whom whose when where why how was wer wo wann warum wie welche qui quoi quand pourquoi comment que quien cuando donde como cual cosa quando',
  choice: 'following except not least most best correct true false likely primarily',
  proof:
    'prove proof show theorem lemma derive derivation induction corollary contradiction undecidable converges convergence bound beweise beweis démontrer demuestra',
  calculation:
    'calculate compute solve sum total average mean percent percentage equation integral derivative sqrt frac ratio value probability per each twice half double rate many much berechne calcule calcula',
  code: 'def function return class import const let var int void string array print select from where python javascript typescript java sql rust golang bash regex api json html css code compile null true exception async await struct loop',
  repair:
    'bug fix error debug crash crashes deadlock race fails failing broken stacktrace traceback exception segfault leak refactor repair',
  translation:
    'translate translation übersetze übersetzen übersetzung traduis traduire traduction traduce traducir traduzca tradurre traduci vertaal french german spanish italian dutch polish portuguese english japanese chinese russian arabic',
  summary:
    'summarise summarize summary tldr shorten condense zusammenfassen zusammenfassung résume résumer resume resumir bullet bullets gist',
  extraction:
    'extract pull list table column columns csv fields find classify classification category categories label sort convert format normalise normalize group',
  rewriting:
    'rewrite rephrase reword proofread correct spelling grammar polish tone formal informal polite friendly edit improve shorter clearer',
  creative:
    'poem story song lyrics haiku limerick joke slogan tagline toast novel character rhyme fairy tale dialogue script verse verses',
  writing:
    'write draft compose letter email mail message post article advert invitation announcement reminder speech blog newsletter schreibe écris escribe',
  explanation:
    'explain describe tell difference between example simple words meaning means define definition erkläre explique explica',
  planning:
    'plan plans itinerary schedule checklist packing weekly menu recipe agenda steps suggest recommend ideas tips give',
  analysis:
    'analyse analyze evaluate assess compare critique critically discuss justify argue weigh examine appraise reconcile trade offs tradeoffs implications diagnose differential identify determine interpret',
  design:
    'design architecture propose derive implement optimise optimize redesign model strategy framework specification formulate construct develop size',
  greeting:
    'hi hello hey thanks thank bye goodbye morning evening night please lol cool great nice awesome hallo danke tschüss bonjour merci salut hola gracias adiós ciao grazie how are you doing today',
  law: 'clause clauses contract liability indemnify indemnity jurisdiction statute plaintiff defendant court gdpr lease tenant landlord negligence appeal arbitration',
  clinical:
    'patient patients diagnosis diagnostic symptoms presents history mg dose dosing treatment therapy blood acute chronic mmhg exam serum lesion fever pain bilateral',
  brief: 'brief briefly short one sentence word line lines quick quickly just only yes two',
  long: 'detailed thorough comprehensive essay report memorandum article chapter section complete full pages step outline every elaborate',
  constraint:
    'must should at most least without including include keep only exactly within between under over both also including',
  negation: 'not no never except unless cannot neither nor without',
  person: 'i my me you your he she his her we our they their',
} as const

export type WordGroup = keyof typeof groups
export const wordGroups = Object.keys(groups) as WordGroup[]

/** Of each word its groups, in the order of `wordGroups`. */
export const wordGroupBits = new WordBits(wordGroups.map(group => groups[group]))
