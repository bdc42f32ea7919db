import { type Clock, isTerminal, sleep } from '@longhaul/contracts'
import { StartError } from '../expected-error.ts'
import { ApiClient, type Submission } from './client.ts'
import { estimateCostUsd, maySpend, type Terminal } from './consent.ts'
import { describeDecision, mostTelling } from './decision-text.ts'
import type { DemoOptions } from './options.ts'
import { showProgress } from './progress.ts'
import { hasMadeUpImage, type Prompt, readPrompts } from './prompts.ts'
import { Receiver } from './receiver.ts'
import { type Outcome, reportOn } from './report.ts'
import { describeReport } from './report-text.ts'
import type { DemoTarget } from './target.ts'
import { judgeRun } from './verdict.ts'

export interface DemoContext {
  options: DemoOptions
  target: DemoTarget
  clock: Clock
  terminal: Terminal
  print(line: string): void
}

interface Submitted {
  prompt: Prompt
  jobId: string
}

const DEADLINE_MS = 5 * 60_000
const LOOK_EVERY_MS = 100
const POLLED = 6
/** A minute each: as long as the deadline. */
const MOST_POLLS = 5
const READ_AT_ONCE = 8

/** The demonstration on a running system. @returns whether all went as promised */
export async function runDemo(context: DemoContext): Promise<boolean> {
  const { target, clock, terminal, print } = context
  const begunAt = clock.now()
  const client = new ApiClient(target.url, target.apiKey, terminal.signal)
  const prompts = choosePrompts(context)
  if (!(await agreedToCost(context, client, prompts))) {
    print('Nothing was sent.')
    return false
  }
  const receiver = await Receiver.listen(await client.webhookSecrets())
  try {
    const submitted = await submit(client, prompts, receiver.url)
    print(`Submitted ${submitted.length} jobs with one request; webhooks go to ${receiver.url}`)
    const polling = poll(client, submitted)
    await untilAllTold(context, submitted, receiver)
    const outcomes = await readOutcomes(client, submitted)
    const polled = await polling
    print('')
    print(describeReport(reportOn(outcomes, target.config.models)))
    const telling = mostTelling(outcomes)
    if (telling) print(`\n${describeDecision(telling)}`)
    const seconds = (clock.now() - begunAt) / 1_000
    const facts = { outcomes, receipts: receiver.receipts, polled, seconds, kind: target.kind }
    const verdict = judgeRun(facts)
    print(`\n${verdict.text}`)
    return verdict.ok
  } finally {
    await receiver.close()
  }
}

/** Pictures that do not exist are for the simulator alone. */
function choosePrompts({ options, target, print }: DemoContext): Prompt[] {
  const prompts = readPrompts().slice(0, options.prompts)
  if (target.kind === 'simulator') return prompts
  const sendable = prompts.filter(prompt => !hasMadeUpImage(prompt))
  const skipped = prompts.length - sendable.length
  if (skipped > 0) {
    print(
      `Left out ${skipped} prompts with pictures: their addresses are made up, and real models would look for them.`,
    )
  }
  return sendable
}

async function agreedToCost(
  { target, options, terminal, print }: DemoContext,
  client: ApiClient,
  prompts: readonly Prompt[],
): Promise<boolean> {
  if (target.kind === 'simulator') return true
  const costUsd = await estimateCostUsd(client, prompts.map(submissionOf))
  print(
    `Estimated cost of ${prompts.length} prompts, by POST /v1/route, with answers as long as routing expects: $${costUsd.toFixed(4)}.`,
  )
  return maySpend(costUsd, { yes: options.yes, terminal })
}

function submissionOf({ id, domain, body }: Prompt): Submission {
  return { body: { ...body, model: 'auto' }, metadata: { domain, prompt: id } }
}

/** @throws {StartError} the API refused one: the sample is at fault, or the system */
async function submit(
  client: ApiClient,
  prompts: readonly Prompt[],
  url: string,
): Promise<Submitted[]> {
  const jobs = prompts.map(prompt => ({ ...submissionOf(prompt), webhook: { url } }))
  const answers = await client.submit(jobs)
  return prompts.map((prompt, index) => {
    const answer = answers[index]
    if (answer && 'id' in answer) return { prompt, jobId: answer.id }
    throw new StartError(`${prompt.id} was refused: ${answer?.error.message ?? 'no answer'}`)
  })
}

/** Long-polls some of the jobs, as a program without a receiver would. @returns how many had ended */
async function poll(client: ApiClient, submitted: readonly Submitted[]): Promise<number> {
  const step = Math.max(1, Math.floor(submitted.length / POLLED))
  const some = submitted.filter((_, index) => index % step === 0).slice(0, POLLED)
  const settled = await Promise.allSettled(some.map(({ jobId }) => pollOne(client, jobId)))
  return settled.filter(result => result.status === 'fulfilled' && result.value).length
}

async function pollOne(client: ApiClient, jobId: string): Promise<boolean> {
  for (let round = 0; round < MOST_POLLS; round += 1) {
    const { status } = await client.waitForJob(jobId)
    if (isTerminal(status)) return true
  }
  return false
}

/** Until a verified webhook told the end of every job, or the time is up. */
async function untilAllTold(
  { clock, terminal, print }: DemoContext,
  submitted: readonly Submitted[],
  receiver: Receiver,
): Promise<void> {
  const deadline = clock.now() + DEADLINE_MS
  const progress = showProgress(submitted.length, { stream: terminal.output, print }, clock)
  const { byJob } = receiver.receipts
  try {
    for (;;) {
      const told = submitted.filter(({ jobId }) => byJob.has(jobId)).length
      progress.update(told)
      if (told === submitted.length || clock.now() >= deadline) return
      await sleep(clock, LOOK_EVERY_MS, terminal.signal)
      terminal.signal.throwIfAborted()
    }
  } finally {
    progress.stop()
  }
}

async function readOutcomes(
  client: ApiClient,
  submitted: readonly Submitted[],
): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (let first = 0; first < submitted.length; first += READ_AT_ONCE) {
    const some = submitted.slice(first, first + READ_AT_ONCE)
    const read = some.map(async ({ prompt, jobId }) => ({ prompt, job: await client.job(jobId) }))
    outcomes.push(...(await Promise.all(read)))
  }
  return outcomes
}
