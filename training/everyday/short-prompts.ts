import type { Domain } from '@longhaul/contracts'

/**
 * Prompts of one to twenty words as people type them into a box: look-ups,
 * everyday work, and questions for experts that are stated in few words.
 * Training material of our own: no prompt of a test set is here. One a line.
 */
export interface ShortPrompts {
  easy: string
  work: string
  expert: string
}

export const shortPrompts: Record<Domain, ShortPrompts> = {
  math: {
    easy: `
      9 + 16
      144 / 12 = ?
      7*8
      250 - 87.5
      what is 30 percent of 90
      square root of 81
      how many degrees are in a triangle
      What is the next prime after 31?
      Is 51 a prime number?
      convert 0.75 to a fraction
      Which is larger, 2/3 or 3/5?
      How many zeros are in a million?
      10 to the power of 3
      What is pi to four digits?
      how many edges does a cube have
      What do you call a polygon with seven sides?
      round 17.846 to one decimal
      average of 4, 8 and 15
      what's half of 3/4
      Roman numeral for 49
      log base 10 of 1000
      What does the symbol ∑ mean?
      how many minutes are in 3.5 hours
      combien font 12 fois 12 ?
      Was ist die Wurzel aus 225?
      cuánto es 15 por 6`,
    work: `
      solve 3x + 7 = 22
      x^2 = 49, find x
      factor x^2 - 9
      derivative of x^3 * cos(x)
      d/dx of e^(2x)
      ∫ sin(x) dx from 0 to pi
      limit of sin(x)/x as x goes to 0
      Solve the system 2x + y = 5, x - y = 1.
      What is the area of a circle with radius 6?
      Explain logarithms to someone who has never seen them.
      How do I complete the square?
      probability of drawing two aces from a deck
      How many ways can 5 people sit in a row?
      Find the slope of the line through (1,2) and (4,11).
      A shirt costs 40 after a 20% discount. What was the full price?
      What is the determinant of [[1,2],[3,4]]?
      simplify (a+b)^2 - (a-b)^2
      Give me three word problems on ratios with answers.
      mean, median and mode of 3, 3, 5, 8, 11
      Why is dividing by zero undefined?
      explain standard deviation in plain words
      What is the difference between permutation and combination?
      Convert 45 degrees to radians.
      volume of a cone with height 9 and radius 4
      Expected value of a fair die?
      Löse die Gleichung x² + 4x - 5 = 0
      Résous 2x - 3 = 11
      A train goes 180 km in 2 hours. What is its speed in m/s?
      compound interest on 5000 at 3% over 4 years`,
    expert: `
      Prove that e is irrational.
      Prove that the cube root of 5 is not rational.
      Show that a continuous function on a compact set is bounded.
      Prove Cauchy-Schwarz.
      Prove by induction that 2^n > n^2 for n > 4.
      Show that the harmonic series diverges.
      Is every subgroup of an abelian group normal? Prove it.
      Prove that the rationals are countable and the reals are not.
      Show that two is the only even prime. Then prove Bertrand's postulate.
      Find all groups of order 12 up to isomorphism.
      Does pointwise convergence imply uniform convergence? Give a counterexample.
      Prove that a complete totally bounded metric space is compact.
      Evaluate the integral of log(x)/(1+x^2) by residues.
      Show that every ideal in Z is principal.
      State and prove the Banach fixed point theorem.
      Classify the singularities of exp(1/z).
      Prove Fermat's little theorem in two ways.
      Is the sum of two measurable functions measurable? Prove it.
      Show that the determinant is the only alternating multilinear form up to scale.
      Beweise, dass es keine größte Primzahl gibt.
      Derive the distribution of the maximum of n uniform variables.
      Prove the law of large numbers under finite variance.
      Show that every tree with n vertices has n-1 edges.`,
  },
  physics: {
    easy: `
      What is the speed of sound in water?
      who discovered radioactivity
      How far away is the sun?
      Which planet has the most moons?
      How hot is the surface of the sun?
      What is a photon?
      why do we see lightning before thunder
      What's absolute zero in Celsius?
      How many planets are in the solar system?
      Is sound faster in air or steel?
      What does E = mc^2 say?
      freezing point of water in kelvin
      what is a black hole
      Who formulated the theory of relativity?
      Is light a wave or a particle?
      Why does the moon have phases?
      what is the symbol for electric current
      Does a feather fall as fast as a hammer on the moon?
      How long does light take to reach Earth?
      Warum ist Schnee weiß?
      Pourquoi la mer a-t-elle des marées ?`,
    work: `
      Explain Newton's third law with a skateboard.
      How does a rainbow form?
      What is the kinetic energy of a 2 kg ball at 3 m/s?
      A stone is thrown up at 12 m/s. How high does it go?
      Why do satellites not fall down?
      Explain how magnets work.
      How does a laser work?
      What happens to the pressure of a gas when it is heated?
      explain the doppler effect with an ambulance
      Why does a spinning top stay upright?
      How do I calculate the period of a pendulum?
      Which force acts on a car in a bend?
      two resistors of 4 ohm in parallel, what is the total resistance
      what is the wavelength of a 100 MHz radio wave
      How does a telescope magnify?
      Explain entropy in everyday words.
      What is the difference between heat and temperature?
      Why do airplanes fly?
      Describe the life of a star in five sentences.
      What is quantum entanglement, for laymen?
      Why is ice slippery?
      How do tides depend on the moon?
      Erkläre den photoelektrischen Effekt einfach.
      momentum before and after a collision, give an example`,
    expert: `
      Derive the Lorentz transformation from two postulates.
      Derive the heat capacity of a Debye solid.
      Why does spontaneous symmetry breaking produce Goldstone bosons?
      Solve the Schrödinger equation for a finite square well.
      Derive the Dirac equation and its nonrelativistic limit.
      Explain the quantum Hall effect and its topological invariant.
      Find the normal modes of three coupled pendulums.
      What is the Unruh effect and how is it derived?
      Derive the Planck distribution from the partition function.
      Compute the Chandrasekhar limit from first principles.
      Why is the strong force confining while QED is not?
      Derive the field of a moving charge from the Liénard-Wiechert potentials.
      Show that the Kerr metric has an ergosphere.
      Calculate the scattering cross section in the Born approximation.
      Derive the Navier-Stokes equation from momentum conservation.
      Explain BCS theory and estimate the gap.
      How does decoherence select pointer states?
      What fixes the neutrino mass ordering, and how can it be measured?
      Second-order perturbation of an anharmonic oscillator?`,
  },
  chemistry: {
    easy: `
      chemical formula of table salt
      What is the atomic number of carbon?
      symbol for silver
      Is lemon juice acidic?
      What gas do we breathe out?
      which metal is liquid at room temperature
      What is the pH of pure water?
      What is rust made of?
      Who made the periodic table?
      how many electrons does oxygen have
      What is the lightest element?
      What color does litmus turn in acid?
      Which element has the symbol Pb?
      molar mass of H2O
      What is NaOH called?
      what are diamonds made of
      Was ist die Formel von Schwefelsäure?
      símbolo químico del hierro`,
    work: `
      Balance this equation: Fe + O2 -> Fe2O3
      balance CH4 + O2 -> CO2 + H2O
      How many moles are in 36 g of water?
      Why does salt melt ice?
      How do I make a 0.5 M solution of NaCl?
      Explain oxidation and reduction with an example.
      What happens when bleach meets vinegar?
      Is it safe to mix ammonia and chlorine cleaner?
      How does soap remove grease?
      pH of 0.01 M HCl
      Why is graphite soft and diamond hard?
      how to remove rust with household acids
      What is an isotope? Give two examples.
      Electron configuration of iron?
      What makes fireworks colorful?
      Describe a titration step by step.
      What is the limiting reagent in 2 H2 + O2 with 3 mol of each?
      Draw the Lewis structure of CO2 in words.
      Why do alkanes not dissolve in water?
      Wie entsteht Kalk im Wasserkocher?
      what is esterification
      difference between an element and a compound`,
    expert: `
      Mechanism of the Heck coupling?
      Explain the regioselectivity of the Diels-Alder reaction.
      Why is SN1 favoured at tertiary carbons in polar solvents?
      Propose a synthesis of ibuprofen from isobutylbenzene.
      Explain the Jahn-Teller distortion in Cu(II) complexes.
      Assign the NMR signals of ethyl acetate and explain the coupling.
      How does Grubbs catalyst initiate metathesis?
      Predict the product of LDA with 2-methylcyclohexanone at -78 °C.
      Derive the Nernst equation.
      Why does cyclobutadiene distort from a square?
      Mechanism and stereochemistry of the Sharpless epoxidation?
      Rationalise the pKa of malonate esters.
      Explain the nephelauxetic effect.
      How would you separate two enantiomers on a large scale?
      Crystal field splitting of [Fe(CN)6]4- against [Fe(H2O)6]2+?
      Woodward-Hoffmann rules for a 6π electrocyclisation?
      Retrosynthesis of a β-lactam.
      Why is the Haber process run at high pressure? Derive the equilibrium yield.`,
  },
  biology: {
    easy: `
      how many hearts does an octopus have
      Is a tomato a fruit?
      What is the largest mammal?
      how long do elephants live
      What do pandas eat?
      What is a baby kangaroo called?
      can penguins fly
      which animal sleeps the most
      What is the powerhouse of the cell?
      Is a whale a fish?
      How fast can a cheetah run?
      What is DNA short for?
      do snakes have bones
      What is a group of wolves called?
      Which is heavier, a lion or a tiger?
      what do tadpoles become
      Where do kiwis live, the birds?
      how many eyes does a scorpion have
      Wie viele Beine hat eine Ameise?
      ¿Qué comen los murciélagos?`,
    work: `
      What does the ribosome do?
      What is the function of the cell nucleus?
      Explain mitosis and meiosis briefly.
      How do plants make food?
      Explain evolution to a child.
      Why do leaves change color in autumn?
      How do vaccines differ from antibiotics?
      What is the difference between a virus and a bacterium?
      Describe the food chain of a pond.
      Why are there so few cheetahs left?
      What is a dominant gene?
      My basil plant is dying. Why?
      How does DNA replication work?
      What do enzymes do?
      How do fish breathe under water?
      Explain genetic drift in two sentences.
      What happens in photosynthesis? Keep it short.
      name five adaptations of desert animals
      How do birds find their way south?
      Punnett square for Bb x Bb
      What is an invasive species? Examples please.
      what is osmosis, with an example
      Wie vermehren sich Farne?`,
    expert: `
      How do lncRNAs silence the X chromosome?
      Why is Cas12 more specific than Cas9?
      Design a screen for suppressors of a yeast mutant.
      Explain the coalescent with recombination.
      How does kin selection differ from group selection formally?
      Mechanism of nonsense-mediated decay?
      What limits the rate of adaptation in asexual populations?
      How do cells sense the length of their telomeres?
      Interpret an Fst outlier scan under background selection.
      How do morphogen gradients scale with tissue size?
      Compare ChIP-seq and CUT&RUN for low-input samples.
      What explains the C-value paradox?
      Role of cohesin in loop extrusion?
      How is the electron transport chain coupled to ATP synthase? Quantify it.
      Evidence for endosymbiosis against the autogenous hypothesis?
      How would you test whether a QTL is pleiotropic?
      Why do Hox genes show collinearity?`,
  },
  health: {
    easy: `
      How many bones are in the human body?
      what is a good blood pressure
      how many calories are in a banana
      How much sleep do adults need?
      is coffee bad for you
      which foods have iron
      What does the liver do?
      how long does a cold last
      What is the largest organ?
      how many teeth do adults have
      What is the medical word for high blood pressure?
      Is a temperature of 38 a fever?
      What does CPR stand for?
      which blood type is the universal donor
      how many steps a day are healthy
      where is the appendix
      Wie viel Wasser soll man trinken?
      ¿Qué es la anemia?`,
    work: `
      My head hurts and I feel sick. What should I do?
      I twisted my ankle. Ice or heat?
      can i drink alcohol with antibiotics
      What are the symptoms of diabetes?
      How do I lower my cholesterol without pills?
      Is it safe to take aspirin every day?
      side effects of amoxicillin
      My baby has a rash and a fever.
      What helps against heartburn?
      Make me a stretching routine for the morning.
      Suggest a 15 minute exercise plan for beginners.
      I can't sleep at night. Any tips?
      Low-carb dinner ideas for a diabetic?
      How is strep throat treated?
      What is the difference between flu and a cold?
      I was bitten by a tick, what now?
      Should I get a flu shot while pregnant?
      How do I treat a small burn?
      What does a high white blood cell count mean?
      tips to quit smoking
      how to lose belly fat
      Explain what an MRI is to a patient.
      how much protein do i need to build muscle
      My knee hurts after running.
      Ich habe seit drei Tagen Halsschmerzen, was hilft?
      J'ai mal au dos, que faire ?`,
    expert: `
      65-year-old with sepsis and CKD: which antibiotic and dose?
      Workup of a first unprovoked DVT?
      Differential diagnosis of hypercalcaemia?
      Management of status epilepticus after lorazepam fails?
      Syncope on exertion with a systolic murmur: next step?
      Target INR for a mechanical mitral valve?
      How do you treat hyperkalaemia with ECG changes?
      Interpret: pH 7.21, pCO2 60, HCO3 24.
      Choice of antihypertensive in pregnancy with asthma?
      Causes of a raised anion gap with normal lactate?
      When is thrombolysis contraindicated in stroke?
      Dose adjustment of vancomycin on dialysis?
      Painless haematuria in a 58-year-old smoker: work-up?
      Which biologic for ulcerative colitis after anti-TNF failure?
      Does SGLT2 inhibition help HFpEF? Weigh the trials.
      Thunderclap headache with a normal CT: what next?
      Neonate with bilious vomiting: differential and management?
      Steroid-refractory GVHD: options?
      New ascites, SAAG 1.4: interpret.`,
  },
  psychology: {
    easy: `
      what is a phobia
      what is an extrovert
      Who did the marshmallow experiment?
      What is the fear of spiders called?
      Define empathy.
      what is a placebo
      What is the opposite of anxiety?
      Who came up with the hierarchy of needs?
      What does OCD stand for?
      Is yawning contagious?
      what is a narcissist
      name the big five personality traits
      What is confirmation bias?
      Do dreams mean anything?
      what is short term memory
      Wer war C. G. Jung?
      qué es la empatía`,
    work: `
      How do I stop worrying so much?
      I keep putting things off. How can I change that?
      My daughter is scared of dogs. How can I help her?
      How can I become more confident?
      How do I deal with a toxic coworker?
      Why do we forget things?
      I feel lonely since I moved. Any advice?
      How do habits form?
      What is the difference between sympathy and empathy?
      Explain classical conditioning with an everyday example.
      Why do people lie?
      Why do people follow the crowd?
      How can I get over a breakup?
      What are the signs of burnout?
      My teenager won't talk to me. What should I do?
      Is multitasking bad for the brain?
      How can I stay motivated to exercise?
      Why am I always tired after social events?
      how to calm down before a presentation
      tips against exam stress
      Explain the bystander effect.
      How does music affect mood?
      Wie lerne ich, nein zu sagen?
      my friend is depressed, how can I support him
      why do people procrastinate
      what makes people happy`,
    expert: `
      Critique the Stanford prison experiment on methodological grounds.
      Is working memory training transferable? Weigh the evidence.
      Differentiate bipolar II from borderline personality disorder.
      Measurement invariance across cultures: how do I test it?
      Which therapy for treatment-resistant OCD, and why?
      Evaluate the dual-process account of moral judgement.
      Is the p-factor more than a statistical artefact?
      How would you model response times and accuracy together?
      Compare EMDR and prolonged exposure for PTSD.
      Power analysis for a mixed design with three time points?
      What does the replication crisis say about priming?
      Assess suicide risk in an adolescent who denies intent.
      Is implicit bias predictive of behaviour? Discuss effect sizes.
      Formulate a case of social anxiety with avoidant traits.
      Predictive coding accounts of hallucination: strengths and limits?`,
  },
  law: {
    easy: `
      What is a felony?
      what does plaintiff mean
      At what age can you drink in Germany?
      who appoints supreme court judges
      What is an alibi?
      how many jurors are on a jury
      what is bail
      Who writes the laws?
      How long does copyright last?
      What is the difference between civil and criminal law?
      is jaywalking illegal
      what is perjury
      What is the fifth amendment?
      what is an affidavit
      Define tort.
      What is a notary?
      At what age can you get married?
      Ab wann ist man volljährig?
      qu'est-ce qu'un huissier`,
    work: `
      My landlord wants to raise the rent. Is that allowed?
      Can my boss fire me while I'm sick?
      Do I need a written contract to hire a plumber?
      Can I return a product I bought online?
      Write a letter to terminate my lease.
      Draft a simple loan agreement between friends.
      What should be in an NDA?
      What is the difference between robbery and burglary?
      I got a speeding ticket. Can I fight it?
      Can I use a song in my YouTube video?
      How do I write a will?
      What are my rights when the police stop me?
      Is it legal to film people on the street?
      My flight was cancelled. Do I get compensation?
      How do I register a trademark?
      Who pays for damage caused by my dog?
      can a minor sign a contract
      Cancel my phone contract, write the letter.
      Explain this clause in plain words: "time is of the essence".
      Do I have to pay child support?
      How does small claims court work?
      Privacy notice for a small web shop, short
      Darf mein Vermieter ohne Ankündigung in die Wohnung?
      is my employer allowed to read my emails
      what happens if I don't pay a fine`,
    expert: `
      Is a unilateral mistake ground for rescission in English law?
      Draft an indemnity clause for a software licence under Delaware law.
      Draft a limitation of liability clause that survives gross negligence claims.
      Does the exclusionary rule reach parallel construction?
      When does a duty of care arise for pure economic loss?
      Is this waiver enforceable under New York law: "no claims whatsoever"?
      Analyse vicarious liability for gig workers.
      Does Brexit affect recognition of EU judgments? Analyse.
      Standard of review for agency interpretations after Loper Bright?
      Advise a director who is both creditor and shareholder in insolvency.
      Is consideration needed to modify a contract?
      Compare promissory estoppel in Australia and England.
      Can a trustee profit from information gained in office?
      Patentability of a diagnostic method after Mayo?
      GDPR basis for training a model on customer e-mails?
      Does force majeure cover a pandemic in a supply contract?
      Choice of law for a tort committed over the internet?
      Res judicata or collateral estoppel here, and why does it matter?`,
  },
  business: {
    easy: `
      What does KPI mean?
      Who is the founder of Amazon?
      who founded Microsoft
      who owns Instagram
      When was Toyota founded?
      What is B2C?
      what is a startup
      What is an invoice?
      What does VAT mean?
      what is a balance sheet
      Who is the CEO of Apple?
      what does EBITDA mean
      What is a franchise?
      Where is the headquarters of Nestlé?
      what is net profit
      What does HR do?
      What is a SWOT analysis?
      Wofür steht GmbH?
      what does FAQ stand for in a shop`,
    work: `
      Write an email to a supplier about a late delivery.
      Write a polite reminder that the bill is unpaid.
      Turn down a job offer in a friendly way.
      Reply to a customer who wants a refund.
      Reject a candidate politely.
      Ask my boss for a raise by email.
      A catchy name for a bakery
      Slogan for a bicycle shop
      tagline for a new tea brand
      Write a LinkedIn post about our new office.
      Agenda for a team meeting
      Job ad for a part-time accountant
      What should I charge for a website?
      How do I price my handmade candles?
      How much should a freelance designer ask per hour?
      Write an out of office reply.
      Give me five ideas to win back old customers.
      How do I write a business plan?
      What is the difference between revenue and profit?
      calculate the margin if cost is 60 and price is 100
      Product description for a wooden toy
      Prepare questions for a job interview.
      cover letter for a barista job
      how to ask for feedback from clients
      Apologise to a client for a wrong delivery.
      Schreibe eine Mail an den Lieferanten wegen der falschen Ware.
      thank the team for a good quarter
      Meeting minutes template
      marketing ideas for a small gym`,
    expert: `
      Value a biotech with no revenue and two phase II assets.
      Value a marketplace with 8M GMV and a 12% take rate.
      Build an LBO for a company with 20M EBITDA at 9x.
      Should we enter Brazil by acquisition or partnership?
      Structure an earn-out that a seller cannot game.
      Pricing strategy against a subsidised rival?
      How do we account for a modified lease under IFRS 16?
      Customer churn rose from 3% to 5% while NPS went up. Explain.
      Unit economics of a dark store: what breaks first?
      Design a sales compensation plan that does not reward sandbagging.
      Hedge a dollar exposure with uncertain timing: forwards or options?
      Restructure a family business with three heirs and one buyer.
      Does this covenant breach trigger cross-default? What do we do?
      Post-merger integration plan for two ERP systems.
      Real option value of delaying a plant?
      Revenue recognition for a SaaS deal with a usage ramp?`,
  },
  economics: {
    easy: `
      What is GDP?
      currency of Switzerland
      What does a central bank do?
      what is deflation
      What is the national currency of India?
      what is a monopoly
      What does the FED do?
      define opportunity cost
      what is a tariff
      What is the biggest economy in the world?
      Who was John Maynard Keynes?
      what does CPI stand for
      What is a trade deficit?
      what is a bond
      What is the base rate?
      Was ist Inflation?
      ¿Qué es el PIB?`,
    work: `
      Why are house prices so high?
      Explain how printing money causes inflation.
      What happens to demand when prices rise?
      Who pays for a tax on sugar, buyers or sellers?
      Why did the price of oil fall?
      Explain the difference between fiscal and monetary policy.
      Pros and cons of a universal basic income
      Is a strong currency good for exporters?
      Why do wages differ between countries?
      How does a minimum wage affect jobs?
      What are externalities? Give two examples.
      How does quantitative easing work?
      Why do countries trade?
      What causes unemployment?
      Compare capitalism and socialism in a table.
      What is the difference between GDP and GNP?
      How do interest rates affect mortgages?
      Draw conclusions: exports up 4%, imports up 9%.
      What is the paradox of thrift?
      why is gas so expensive
      Was passiert, wenn die Zentralbank die Zinsen senkt?
      supply and demand for concert tickets, explain`,
    expert: `
      Derive the Euler equation with borrowing constraints.
      Derive the labour supply elasticity under GHH preferences.
      Show that the core is nonempty in a convex exchange economy.
      Is two-way fixed effects biased under staggered treatment? Why?
      Solve for the optimal tariff of a large country.
      Prove the revelation principle.
      What identifies the price elasticity in a BLP model?
      Optimal monetary policy under commitment and discretion: derive both.
      Does the Coase theorem survive asymmetric information?
      Test for weak instruments with heteroskedastic errors?
      Derive the Slutsky equation.
      How credible is the exclusion restriction in the quarter-of-birth design?
      Ricardian equivalence: which assumption fails first?
      Find the perfect Bayesian equilibria of this signalling game.
      Unit root with a structural break: which test?
      Compare the welfare cost of inflation in cash-in-advance and search models.
      Consistency of OLS under measurement error? Derive the bias.`,
  },
  history: {
    easy: `
      Who was the first man on the moon?
      when was the Berlin wall built
      who discovered America
      Who was Julius Caesar?
      In which year did Rome fall?
      When did the Middle Ages end?
      who built Stonehenge
      Who was Joan of Arc?
      when was the declaration of independence signed
      Who invented the printing press?
      How long did the Hundred Years' War last?
      Which pharaoh was found by Howard Carter?
      When did the Soviet Union collapse?
      What was the Black Death?
      Who was Genghis Khan?
      wann fiel die Mauer
      ¿Cuándo empezó la guerra civil española?
      Qui était Napoléon ?
      Where was Alexander the Great born?`,
    work: `
      What caused the American Civil War?
      Why did the Roman Empire decline?
      Explain the Cold War in four sentences.
      Summarise the Battle of Waterloo briefly.
      Summarise the moon landing in 50 words.
      Timeline of the Russian Revolution
      Why did Germany lose the First World War?
      How did people live in ancient Egypt?
      What was the role of women in World War II?
      Why did the Maya leave their cities?
      Compare Athens and Sparta.
      What was the Silk Road and why did it matter?
      Describe daily life in a medieval town.
      What did the Treaty of Versailles demand?
      How did the Vikings travel so far?
      Quiz about ancient Rome with answers
      Why was the Magna Carta important?
      How did colonialism shape Africa?
      What led to the partition of India?
      Main ideas of the Enlightenment
      Erkläre die Hanse kurz.
      the causes of the Great Depression in short
      what happened in Tiananmen Square`,
    expert: `
      How far was the fall of the Ming a fiscal crisis?
      Was the July Crisis avoidable? Weigh Fischer against Clark.
      To what extent did the Thirty Years' War create the state system?
      Assess the thesis that slavery financed industrialisation.
      Was there a general crisis of the seventeenth century?
      How far did the New Deal end the Depression?
      Did the Congress of Vienna cause a century of peace?
      Evaluate Goldhagen against Browning.
      How feudal was Norman England?
      What do the Amarna letters tell us about Bronze Age diplomacy?
      Was the Ottoman decline thesis ever tenable?
      Is the Military Revolution a useful concept?
      How revolutionary was the Glorious Revolution?
      Discuss the sources for the Peasants' Revolt.
      How contingent was the Bolshevik seizure of power?`,
  },
  philosophy: {
    easy: `
      Who was Socrates?
      Who wrote Thus Spoke Zarathustra?
      Who wrote the Critique of Pure Reason?
      What is stoicism?
      what do Hindus believe
      What do Muslims celebrate at the end of Ramadan?
      what is karma
      What does Jainism teach?
      Who founded Buddhism?
      what is an atheist
      What is a syllogism?
      define ethics
      What is nihilism?
      how many gospels are there
      what is the Torah
      What does a priori mean?
      who was Confucius
      Was ist der Sinn des Lebens?
      qu'est-ce que l'existentialisme`,
    work: `
      Is it ever okay to lie?
      Explain the trolley problem.
      What is the point of living?
      Is there a God?
      Explain utilitarianism in simple words.
      Explain Plato's cave simply.
      Does free will exist?
      What did Nietzsche mean by God is dead?
      What is the difference between morality and law?
      What would Kant say about white lies?
      Is it wrong to eat meat?
      Give an example of a straw man.
      Which fallacy is this: everyone does it, so it must be fine?
      What is consciousness?
      Can machines think?
      Compare Buddhism and Christianity.
      Explain existentialism to a teenager.
      Do animals have rights?
      What makes an action right?
      Summarise Aristotle's view of virtue.
      What is the veil of ignorance?
      Ist der Tod etwas Schlechtes?
      is happiness the goal of life`,
    expert: `
      Does Frankfurt refute the principle of alternative possibilities?
      Is Benacerraf's dilemma answered by structuralism?
      Can a Humean account for laws that support counterfactuals?
      Reply to the evil demon problem as a reliabilist.
      Are there true contradictions? Assess Priest.
      Is the non-identity problem a problem for contractualists?
      Defend moral realism against evolutionary debunking.
      Is supervenience enough for physicalism?
      Show that K plus T gives reflexive frames.
      Is deflationism about truth compatible with truth-conditional semantics?
      What follows from Kripke's puzzle about belief?
      Can constitutivism avoid the shmagency objection?
      Is Rawls's difference principle stable?
      Does grounding do any work that supervenience cannot?`,
  },
  'computer science': {
    easy: `
      console.log("hi")
      print(1 + 1)
      echo "hello"
      ls -la
      printf("%d\\n", x);
      System.out.println("Hello");
      what does RAM stand for
      What does HTTP mean?
      who invented the web
      What is a compiler?
      what is the shortcut for copy
      how many bits are in a byte
      What is an IP address?
      what is open source
      what is a GPU
      hex for 255
      How do I take a screenshot on a Mac?
      What does URL stand for?
      what is a cookie on the web
      who created Linux
      what is phishing
      What port does SSH use?
      Wofür steht USB?
      int i = 0;
      return true;`,
    work: `
      while True: pass
      for x in items: total += x
      for (let i = 0; i < 10; i++) sum += i;
      def add(a, b): return a + b
      const total = prices.reduce((a, b) => a + b, 0)
      let y = list.filter(n => n > 3)
      y = [n for n in range(20) if n % 2]
      squares = {k: k*k for k in data}
      SELECT * FROM orders WHERE total > 100;
      SELECT city, COUNT(*) FROM clients GROUP BY city
      UPDATE products SET price = 9 WHERE id = 4;
      INSERT INTO log (msg) VALUES ('x');
      SQL query for the ten best selling products
      SQL: customers without an order in 2023
      sql to find duplicate rows
      KeyError: 'name' in my dict, why?
      ValueError: invalid literal for int() with base 10: 'a'
      ReferenceError: foo is not defined
      NullPointerException in main
      Uncaught TypeError: x.map is not a function
      Segmentation fault (core dumped)
      error: cannot borrow as mutable
      IndexError: list index out of range
      ModuleNotFoundError: No module named 'pandas'
      sort a list of dicts by key in python
      python read csv file
      remove duplicates from a list
      how to reverse an array in js
      check if a number is even in Java
      git revert a pushed commit
      git merge conflict, what now
      docker remove all containers
      regex to match a date
      regex for phone numbers
      regular expression that matches a zip code
      vertical align text css
      how to center text in html
      css grid two columns
      import numpy as np
      #include <stdio.h> int main() { return 0; }
      Explain what this does: a, b = b, a
      What does === mean in JavaScript?
      what is the difference between a list and a tuple
      What is the difference between git pull and git fetch?
      difference between http and https
      difference between a process and a thread
      What's the time complexity of binary search?
      fizzbuzz in rust
      Write a function that checks for palindromes.
      bash: find files larger than 1 GB
      curl post json
      chmod 755 explained
      kubectl get pods shows CrashLoopBackOff
      My laptop is slow, what can I check?
      how do I reset my wifi router
      Excel formula to sum a column if another says yes
      =VLOOKUP(A2, B:C, 2, FALSE) returns #N/A
      json to yaml
      {"name": "Ann", "age": 3} as typescript type
      if (a = b) { run(); } why is this always true?
      <a href="x">link</a> opens in the same tab, change it
      Wie lese ich eine Datei in Python ein?
      écris une fonction qui trie un tableau
      haskell map over a list
      write a unit test for a date parser
      what is overfitting
      Explain recursion simply.
      train test split in sklearn`,
    expert: `
      Implement a lock-free stack in Rust and prove it linearisable.
      Implement a B+ tree with concurrent splits.
      Why does Paxos need two phases?
      How does Spanner give external consistency?
      What happens in Raft when a leader is isolated with a minority?
      Prove that vertex cover is NP-complete.
      Is the language of palindromes regular? Prove it.
      Memory ordering bug: relaxed store, acquire load. Explain.
      Find the race: double-checked locking without volatile.
      Design a rate limiter for 50 data centres.
      Design a URL shortener for a billion links.
      Lower bound for comparison sorting: prove it.
      Exactly-once across Kafka and Postgres: how?
      Why is ABA a problem, and how do hazard pointers solve it?
      Type inference for let-polymorphism: algorithm W, step by step.
      Tail latency rises at 60% CPU. Diagnose.
      Our p99 doubles every GC cycle. What would you look at?
      Derive the VC dimension of halfspaces.
      Derive backpropagation for a softmax layer.
      Exploit a use-after-free with tcache: outline and mitigations.
      Prove the halting problem undecidable.
      Write a SIMD kernel for int8 dot products.
      Amortised cost of splay trees?
      CRDT for a collaborative text editor: which, and why?
      Differential privacy budget across joined tables?`,
  },
  engineering: {
    easy: `
      What is the unit of power?
      what does a transformer do
      What is torque?
      what is a relay
      what does AC mean in electricity
      What is steel made of?
      what is a gearbox
      what does PCB stand for
      What is reinforced concrete?
      what is an alternator
      what is a bearing for
      who built the Eiffel Tower
      What is HVAC?
      what does CNC mean
      Was ist ein Kondensator?
      colour of the earth wire`,
    work: `
      Which resistor for a 3V LED on 9V?
      What size fuse do I need for a 2000 W heater?
      My bicycle brakes squeak. How do I fix it?
      the chain of my bike falls off
      My washing machine does not drain. What can I check?
      My car makes a grinding noise when braking.
      How does a petrol engine work?
      How does an electric motor work?
      How does a jet engine work?
      How does a heat pump work?
      how does a gearbox shift
      How do I wire a two-way light switch?
      What drill bit do I need for concrete?
      How thick should a wooden shelf be for 50 kg of books?
      What cable cross section for 16 A over 20 m?
      How do I read a resistor's colour code?
      Difference between a two-stroke and a four-stroke engine
      Which screw holds in plasterboard?
      How does a 3D printer work?
      Why do bridges have expansion joints?
      tyre pressure for a city bike
      Maintenance plan for a pump
      How do wind turbines make electricity?
      How long does a 100 Ah battery run a 60 W fridge?
      arduino blink an led
      Wie dichte ich einen tropfenden Hahn ab?
      how to solder a wire
      my drone drifts to the left`,
    expert: `
      Design a PID loop for a heater with a long delay.
      Buckling of a fixed-free aluminium column, 2 m: critical load?
      Size a shell-and-tube exchanger for 2 MW.
      Derive the transfer function of a buck converter.
      Stability of an LCL filter with grid impedance?
      Root locus of K/(s(s+2)(s+5)): when does it go unstable?
      Choose between a Kaplan and a Francis turbine at 40 m head.
      Estimate the pressure drop in a fluidised bed.
      Seismic retrofit of a soft storey: options and trade-offs?
      Design a Kalman filter for a drone with GPS dropouts.
      Noise figure of a three-stage receiver: derive it.
      Why does my inverter oscillate at 3 kHz under light load?
      Select a steel for sour gas service and justify it.
      Transient thermal model of a battery pack?
      Water hammer in a 2 km penstock: peak pressure?
      Impedance matching for a patch antenna at 2.4 GHz.
      Cavitation in a centrifugal pump at part load: diagnose.`,
  },
  other: {
    easy: `
      hi there!
      hey
      hello, are you there?
      good evening
      how's it going
      thx
      ty that was useful
      thanks, you helped me a lot
      great, thank you so much
      see you later
      who made you
      are you a robot
      tell me something funny
      make me laugh
      I'm bored
      ok
      uh huh
      mhm
      hmm, right
      What is the capital of Canada?
      capital of Brazil
      What's the highest mountain in Europe?
      the longest river in Asia
      Who won the 2014 World Cup?
      who won the Champions League in 2019
      Who wrote Hamlet?
      who wrote Pride and Prejudice
      Who painted The Starry Night?
      who sings Thriller
      Who played Batman in The Dark Knight?
      What's the weather like today?
      another word for tired
      synonym for big
      opposite of generous
      how do you spell necessary
      How do you say good morning in Italian?
      how do you say please in Korean
      how do you write thank you in Arabic
      What does bonjour mean?
      what day is christmas
      how many countries are in Africa
      what language do they speak in Brazil
      Which ocean is the biggest?
      Is Turkey in Europe?
      population of Norway
      What are the colors of the Irish flag?
      who is the president of France
      what's your favorite movie
      Was ist die Hauptstadt von Schweden?
      Wie ist das Wetter heute?
      wie spät ist es
      Quelle est la capitale du Japon ?
      Quelle heure est-il à Montréal ?
      ¿Cuál es la capital de Chile?
      ¿Qué tiempo hace hoy en Madrid?
      qual è la capitale della Grecia
      qual é a capital de Portugal
      hoe heet de hoofdstad van België
      日本の首都はどこですか
      今天天气怎么样
      Как дела?
      yes
      hmm
      uh
      mhm, aha
      huh?
      um, well
      oh, uh
      haha
      lol`,
    work: `
      Translate "Good night" into Spanish
      Translate to German: I will be ten minutes late.
      Translate "How much is it?" into Italian.
      traduis en anglais : je suis en retard
      Übersetze ins Französische: Ich habe Hunger.
      Traduce al inglés: nos vemos mañana
      what does "gemütlich" mean in English
      Write a haiku about winter.
      Write a haiku about the sea
      a limerick about a goat
      Write a poem for my mother.
      Write a short story about a lost robot.
      Write a bedtime story about a rabbit
      Tell me a story about a brave mouse.
      wedding toast for my brother
      Write a thank-you note to my teacher.
      Plan three days in Prague
      Plan a weekend in Barcelona with kids.
      things to do in Vienna when it rains
      Where should I go on holiday in May?
      Packing list for a week at the beach
      Recipe for tomato soup
      How do I make pizza dough?
      What can I cook with rice and eggs?
      Comment faire une tarte aux pommes ?
      Wie backe ich Brot?
      receta de tortilla
      Gift ideas for a 10-year-old
      Recommend three good crime novels.
      recommend a movie for tonight
      Make this friendlier: send me the file today
      Make this more polite: you are wrong
      Fix the grammar: he don't likes apples
      Is this correct: I have went home?
      correct my sentence: she go to school yesterday
      Rephrase: due to the fact that it rained
      Shorten this: we would like to kindly inform you that the shop is closed
      Summarize this in one line: the meeting was moved to Friday because Ann is ill
      Summarize Romeo and Juliet in three sentences.
      Write a caption for a photo of my dog.
      Come up with a name for a cat.
      How do I remove gum from a shirt?
      My cat won't eat. What can I do?
      How do I train my puppy?
      Teams for a quiz night: names please
      What should I wear to a wedding?
      How do I learn to play the guitar?
      Crossword: river in Italy, two letters
      Explain the offside rule.
      how do elections work in the US
      what does the senate do
      Explain the electoral college in two sentences.
      Why do cities grow?
      Tips for a first date
      write a tweet about our street party
      Make a table of these: Anna 3, Ben 5, Carl 1
      Put these names in alphabetical order: Zoe, Adam, Mia
      Extract the date: the party is on 5 June at noon
      Is this review positive or negative: it broke after a day
      give me a trivia question
      let's play a game
      ask me three riddles
      Schreibe ein Gedicht über den Herbst.`,
    expert: `
      Does offshore balancing serve the US better than primacy? Argue.
      Assess Bourdieu's concept of habitus against rational choice.
      Critique deterrence theory after Ukraine.
      Is securitisation theory falsifiable?
      Attribute this sonnet: which features would decide?
      Analyse the narrator's unreliability in Pale Fire.
      Design a panel survey on migration with nonresponse.
      Compare consociational and majoritarian designs for a divided state.
      Crisis communication plan after a data leak, 24 hours.
      Evaluate the demographic transition model for sub-Saharan Africa.
      Write a sestina in iambic pentameter about exile.
      Curate a show on forged modernism: concept and loans.
      Is GDP per capita a good proxy for state capacity? Discuss.
      Translate this pun so that it still works: "time flies like an arrow"
      Restitution of colonial art: draft a policy with criteria.`,
  },
}
