/**
 * What people of each domain talk about: things that one looks up, subjects of
 * everyday work, and subjects of experts. Training material of our own, to
 * place words that examinations do not have; no prompt of a test set is here.
 */
export interface Topics {
  easy: string
  work: string
  expert: string
}

export const topics: Record<string, Topics> = {
  math: {
    easy: 'a dozen; the square of 12; a hexagon; half of 90; the number pi; 20 percent of 50; a prime number; the sum of 7 and 8; inches in a foot; a right angle; roman numeral ten; 3 times 14; even and odd numbers; the smallest of these numbers; minutes in two hours',
    work: 'fractions; quadratic equations; linear equations; probability of dice; compound interest; percentages; median and mode; a times table; the area of a triangle; a bar chart; ratios; geometry homework; school statistics; unit conversion; number patterns; a break-even calculation; square roots; negative numbers',
    expert:
      'a finite group of order pq; uniform convergence of a function series; the spectral theorem for compact operators; a Galois extension; measure theory and dominated convergence; eigenvalues of a symmetric matrix; a martingale stopping time; an ideal in a Noetherian ring; the fundamental group of the torus; the Riemann integral; existence and uniqueness of solutions of a differential equation; a Markov chain with transient states; prime ideals and integral domains; modular arithmetic modulo a prime power; the central limit theorem; a metric space that is complete; combinatorial identities; holomorphic functions and residues; graph colouring bounds; vector spaces over finite fields',
  },
  physics: {
    easy: 'gravity; the speed of sound; a thermometer; the nearest star; the unit of force; a magnet; the unit of energy; the colour of the sun; a light year; the moon; absolute zero; the planets; rainbows; the unit of electric current; lightning and thunder',
    work: 'friction; how a microwave oven heats; falling objects; how lenses work; energy in a household; sound waves; electric power of a heater; a pendulum experiment; why boats float; pressure under water; solar panels; how a refrigerator works; speed and acceleration; static electricity; heat conduction; reading a lab report; echoes; the seasons',
    expert:
      'the Hamiltonian of a spin chain; quantum tunnelling through a barrier; the partition function of an ideal Bose gas; renormalisation of a scalar field; the Lagrangian of a double pendulum; the Einstein field equations; superconductivity and Cooper pairs; Maxwell equations in a waveguide; perturbation theory for degenerate states; phonon dispersion in a crystal; entropy and the canonical ensemble; gauge invariance; relativistic electrodynamics; Raman scattering; a plasma instability; the Fermi surface; angular momentum coupling; photon statistics; Landau levels; phase transitions and critical exponents',
  },
  chemistry: {
    easy: 'the symbol for iron; the formula of water; rust; the lightest element; oxygen; an acid; sugar; helium; the boiling point of alcohol; carbon dioxide; a metal that is liquid; the periodic table; baking soda; the pH of lemon juice; soap',
    work: 'balancing a reaction equation; acids and bases; diluting a solution; moles and grams; how soap works; hazard labels of solvents; covalent bonds; a titration; the periodic table groups; storing chemicals safely; oxidation and rust; a molar mass; bleach and cleaning agents; lab safety rules; catalysts in cars; crystals at home; polymers and plastics; water hardness',
    expert:
      'the mechanism of an aldol condensation; stereochemistry of a Diels-Alder reaction; NMR and IR spectra of an unknown compound; retrosynthesis of a natural product; ligand field splitting; palladium-catalysed cross coupling; reaction kinetics and activation enthalpy; enantioselective hydrogenation; the Nernst equation with activity coefficients; molecular orbital theory; protecting groups in peptide synthesis; nucleophilic substitution selectivity; chromatographic separation of diastereomers; electrochemical impedance; vibrational spectroscopy selection rules; organometallic oxidative addition; chemical equilibrium with coupled reactions; radical polymerisation; deactivation of a zeolite catalyst; pericyclic reactions',
  },
  biology: {
    easy: 'a whale; the number of bones; what cows eat; insects; the fastest animal; an egg; frogs; a mammal; trees; the largest bird; bees and honey; sharks; the cell; a caterpillar; plants and leaves',
    work: 'photosynthesis; the parts of a cell; yellow leaves on a plant; food chains; mitosis; how vaccines train the body; birds in the garden; inheritance of eye colour; evolution of horses; a quiz about animals; pollination; fungi in the forest; a biology lesson; ecosystems; the skeleton of vertebrates; bacteria and viruses; watering plants; fossils and dinosaurs',
    expert:
      'CRISPR knock-out of an enhancer; single-cell RNA sequencing analysis; coalescent models with migration; cooperative ligand binding; quantitative trait mapping; transcription factor binding and chromatin; phylogenetic inference; oxidative phosphorylation; signal transduction by kinases; population genetics of drift; protein folding and chaperones; epigenetic silencing; gene regulatory networks; membrane transport; DNA repair pathways; T cell receptor diversity; horizontal gene transfer; off-target genome editing; meiotic recombination; metabolic flux',
  },
  health: {
    easy: 'vitamin C; how many teeth; a normal pulse; a fever; calories in an apple; the heart; sleep; a healthy weight; blood types; the bones of the hand; an aspirin; a cold; sunscreen; the lungs; drinking water',
    work: 'a sore throat; healthy breakfast; back exercises; a reminder for an appointment at the doctor; vaccination in autumn; a leaflet for patients; quitting smoking; a sprained wrist; allergies in spring; a meal plan; medication schedule; first aid for burns; sleeping better; a headache; a diet for diabetics; blood pressure at home; running training; a nurse handover note',
    expert:
      'acute kidney injury in cirrhosis; anticoagulation after gastrointestinal bleeding; shock with lactate and hypotension; a randomised controlled trial with loss to follow-up; heart failure with reduced ejection fraction; diabetic ketoacidosis with hypokalaemia; recurrent pericarditis with a failed steroid taper; pulmonary embolism in pregnancy; a patient with chest pain and raised troponin; drug interactions with warfarin; meningitis with altered consciousness; cholestasis and bile acids; antibiotic resistance and dosing in renal failure; a thyroid nodule; acute stroke thrombolysis; neutropenic fever during chemotherapy; differential diagnosis of jaundice; seizure in an infant; hyponatraemia; staging of a tumour',
  },
  psychology: {
    easy: 'the fear of heights; a phobia; dreams; who Freud was; an introvert; IQ; being happy; Pavlov; the word for fear of spiders; memory; feeling bored; a good mood; personality; stress; yawning',
    work: 'calming down before an exam; a conflict with a colleague; motivation to study; conditioning of a dog; an angry message; a staff survey; screen time of children; a bad habit; saying no politely; grief of a friend; burnout at work; feedback for an employee; teenage moods; jealousy; shyness; a self-help article; teamwork; attention span',
    expert:
      'complex bereavement with psychotic features; item response models of a questionnaire; replication of priming effects; a mixed model for repeated measures; attachment theory in psychotherapy; cognitive behavioural formulation of obsessive thoughts; differential diagnosis of ADHD and anxiety; psychometric validity and reliability; publication bias in meta-analysis; working memory models; dissociation and trauma; transference in the therapist; neuropsychological assessment; schizophrenia and dopamine; developmental psychopathology; signal detection; factor analysis of personality; suicide risk assessment; group polarisation experiments; language acquisition theories',
  },
  law: {
    easy: 'a judge; the age to vote; a lawyer; a patent; the supreme court; a fine; a contract; copyright; the police; a will; an alibi; the constitution; jury; a witness; a passport',
    work: 'a letter to the landlord; a rent increase; cancelling a subscription; a parking fine; a power of attorney; the returns policy; consumer rights; a lease; a neighbour dispute; a simple contract for a used car; data protection notice; a warranty; notice of termination; house rules for tenants; a complaint to an airline; copyright of photos; a last will; the terms of a web shop',
    expert:
      'indemnity and limitation of liability clauses; implied terms and good faith; mandatory overriding provisions and choice of law; state aid and selective advantage; squeeze-out of minority holders; arbitration clauses and enforcement of awards; negligence and proximate cause; constitutional review and strict scrutiny; breach of fiduciary duty; admissibility of hearsay; adverse possession; merger control remedies; patent claim construction; jurisdiction in cross-border insolvency; sovereign immunity; misrepresentation and rescission; force majeure and frustration; trade secret injunctions; statutory interpretation; burden of proof in discrimination',
  },
  business: {
    easy: 'a CEO; the currency of Sweden; a logo; an invoice; another word for sale; opening hours; a company; the boss; a discount; an out of office note; a receipt; B2B; a salary; spelling of a business word; a customer',
    work: 'a late parcel; an e-mail to a customer; a job advert; meeting minutes; a price list; an invoice reminder; a product description; a newsletter; support tickets; a marketing slogan; a sales report; an agenda; an apology to a client; a staff announcement; supplier quotes; a social media post; travel expenses; a bakery shop; inventory table; a job application',
    expert:
      'discounted cash flow valuation of a start-up; lease liabilities under accounting standards; deferred revenue and churn; a leveraged buy-out model; hedge accounting; transfer pricing; an earn-out in a takeover; covenant breaches; entry deterrence strategy; revenue recognition for bundled contracts; a capital budgeting decision under uncertainty; consolidation of subsidiaries; risk-adjusted net present value; pension deficits; due diligence of an acquisition; supply chain optimisation; audit evidence; option pricing; a turnaround plan; convertible notes and dilution',
  },
  economics: {
    easy: 'GDP; inflation; the euro; a tax; Adam Smith; a bank; the stock market; supply and demand; interest; a budget; the richest country; money; unemployment; the dollar; exports',
    work: 'opportunity cost; the minimum wage; inflation rate from two price indices; supply and demand of coffee; a chart of unemployment; why rents rise; trade between two countries; a school debate on taxes; interest rates and mortgages; economic growth; public debt; central bank news; household budget; elasticity of petrol; globalisation; a newspaper article about prices; exchange rates for travellers; subsidies',
    expert:
      'a real business cycle model; instrumental variables and identification; regression discontinuity with manipulation; core allocations in matching markets; general equilibrium with incomplete markets; panel data with cross-sectional dependence; capital controls and sudden stops; moral hazard and optimal contracts; the Solow model with human capital; Bayesian Nash equilibrium; monetary policy rules and determinacy; cointegration and error correction; optimal taxation; sovereign default models; heteroskedasticity and GMM; difference in differences with staggered adoption; mechanism design; search frictions in the labour market; time inconsistency; term structure of interest rates',
  },
  history: {
    easy: 'the first world war; the pyramids; Napoleon; the first president; the fall of Rome; Columbus; the Berlin wall; Vikings; the queen; the moon landing; a knight; Cleopatra; the Titanic; the year the war ended; the colosseum',
    work: 'the French revolution; a timeline of the cold war; daily life in the middle ages; the industrial revolution; a museum text; the American civil war; ancient Egypt; a grandfather in the war; the Roman empire for children; the history of our town; explorers; the suffragettes; world war two; a school presentation; castles; the silk road; immigration; a letter from 1944',
    expert:
      'the historiography of the Russian revolution; village commons under the Tokugawa; the grain trade of the Hanseatic league; source criticism of monastic chronicles; the demography of the Black Death; manorial accounts; the fiscal-military state; primary sources of the Reformation; subaltern studies; decolonisation and archives; the Annales school; the causes of the 1914 July crisis; Byzantine iconoclasm; Qing frontier policy; palaeoclimatic and archaeological evidence; the Weimar constitution; slavery and capitalism; Carolingian reform; oral testimony; the Meiji restoration',
  },
  philosophy: {
    easy: 'Socrates; a proverb; the golden rule; Plato; the holy book of Islam; Buddha; carpe diem; a saint; good and evil; the ten commandments; Aristotle; an atheist; karma; the pope; logic',
    work: 'utilitarianism; the trolley problem; friendship; stoicism and stress; lying and promises; eating animals; free will for beginners; religions of the world; a logical fallacy; the meaning of life; a debate on the death penalty; justice and fairness; euthanasia; moral dilemmas; happiness; prayers; a reading group; technology and ethics',
    expert:
      'Spinoza on attributes and modes; panpsychism and the combination problem; compactness of first-order logic; quasi-realism about norms; luck egalitarianism and responsibility; natural deduction in predicate logic; personal identity and fission; the hard problem of consciousness; Wittgenstein on rule following; semantic externalism; compatibilism and manipulation arguments; the ontological argument; Hegel and recognition; contractualism and aggregation; epistemic closure and scepticism; Aristotle on substance; the is-ought gap; error theory and disagreement; possible worlds and essence; phenomenology of intentionality',
  },
  'computer science': {
    easy: 'HTML; a mouse; the file extension of a picture; copy and paste; a password; a browser; Python; a byte; Wi-Fi; the enter key; a screenshot; an app; a computer virus; USB; e-mail',
    work: 'a Python function for a list; an SQL query with a join; a regular expression for dates; a missing bracket in a loop; a CSV file; JSON data; HTML and CSS of a button; a spreadsheet formula; a for loop; a unit test; a bash script that renames files; git commands; a JavaScript array; a docker file; comments in a function; sorting names; reading a text file; an API request',
    expert:
      'a deadlock between two mutexes; linearisability of a shared register; undecidability by reduction; consensus and network partitions; write amplification in a storage engine; garbage collector pauses; NP-hardness proof; exactly-once delivery in a distributed ledger; type inference and soundness; a heap overflow exploit; cache coherence; idempotent payments with retries; amortised complexity of a data structure; a race condition under load; compiler optimisation passes; context-free grammars; sharding and replication lag; virtual memory and page faults; cryptographic protocol security; a gradient that vanishes in a deep network',
  },
  engineering: {
    easy: 'a volt; a screwdriver; a kilowatt; steel; a fuse; an LED; a bridge; a gear; the unit of resistance; a motor; concrete; a bolt; a pump; a battery; a pipe',
    work: 'a heat pump; a resistor for an LED; a maintenance checklist; inspection results of pumps; a manual for a coffee machine; wiring a lamp; choosing a drill; insulation of a house; a bicycle gear; a valve; solar panels on the roof; a workshop safety note; a spare parts list; torque of a bolt; a noisy motor; a 3D printer; tyres; a water pump',
    expert:
      'model predictive control with delays; creep of a turbine blade; harmonics of a three-phase inverter; a distillation column with reflux; finite element convergence; turbulent boundary layers; a Kalman filter; transmission line matching; buckling of a thin shell; nonlinear stability by Lyapunov; induction motor torque; stress intensity at a crack; compressible flow in a nozzle; a phase-locked loop; seismic design; transient heat conduction; signal modulation and noise; failure mode analysis; hydraulic transients; thermal stress',
  },
  other: {
    easy: 'the capital of Spain; the time in New York; a joke; the tallest mountain; the weather; a film star; a song; my name; football; a good night; the longest river; a recipe for tea; your favourite colour; a riddle; the flag of Italy; a greeting; a Beatle; a synonym for nice; the days of the week',
    work: 'a weekend in Rome; a birthday poem; a recipe for lentil soup; a packing list; stains on a jacket; a wedding speech; a gift for my mother; a cat that scratches; a camping trip; a holiday postcard; a movie night; a children story; moving house; a cake for ten people; garden furniture; a garden party; a thank-you note; a train journey; a tweet; a bedtime story',
    expert:
      'a critical edition of a medieval ballad; provenance of a forged painting; a longitudinal household survey; serial composition technique; a refugee settlement policy; an ethnographic study; a crisis communication strategy; the dramaturgy of a play; international security and deterrence; a policy evaluation with counterfactuals; an editorial with conflicting sources; sociological theories of class; urban planning with constraints; an intelligence assessment; a curriculum reform; diplomatic negotiations; rhetorical analysis of a speech; media theory; a museum concept; comparative politics of electoral systems',
  },
}
