import type { ServerResponse } from 'node:http'
import {
  type Clock,
  type JsonObject,
  LonghaulError,
  newId,
  objectOf,
  objectsOf,
} from '@longhaul/contracts'
import type { Coordination } from '@longhaul/coordination'
import type { Submission } from '@longhaul/intake'
import { chatOf, completionChunkOf } from '@longhaul/providers'
import type { Store } from '@longhaul/store'
import type { Telemetry } from '@longhaul/telemetry'
import type { SubmitContext } from '../acceptance/submitter.ts'
import { errorInStream } from '../answer.ts'
import { ChatRelay, usageChunk } from './chat-relay.ts'
import { answerOf, errorOf, jobErrorEnvelope, longhaulHeaders, sendJobError } from './ended-job.ts'
import { EventStream } from './event-stream.ts'
import { StreamParts } from './stream-parts.ts'
import type { AwaitedJob, EndedJob, SynchronousJobs } from './synchronous-jobs.ts'

export interface ChatStreamDependencies {
  jobs: SynchronousJobs
  store: Pick<Store, 'reads'>
  coordination: Pick<Coordination, 'streams'>
  clock: Clock
  telemetry: Telemetry
}

/** How an endpoint says what chat completions say. */
interface Words {
  /** The caller's chunk; undefined: there is nothing in it for the caller. */
  chunk(chunk: JsonObject): JsonObject | undefined
  /** The recorded answer as a chat completion. */
  whole(answer: JsonObject): JsonObject
}

/** Those of legacy completions, in whose chunks a role alone has no place. */
export const legacyWords: Words = {
  chunk: chunk => {
    const said = completionChunkOf(chunk)
    const choices = objectsOf(said.choices)
    const isEmpty = choices.every(({ text, finish_reason: end }) => text === '' && end == null)
    return choices.length > 0 && isEmpty ? undefined : said
  },
  whole: chatOf,
}

/**
 * A chat completion as a stream: tokens as they come from whoever calls the
 * model, with comment lines until then. What of it was not heard, because the
 * model does not stream or the news got lost, follows when the job has ended.
 */
export async function streamChat(
  dependencies: ChatStreamDependencies,
  submission: Submission,
  context: SubmitContext,
  response: ServerResponse,
  includeUsage: boolean,
  words?: Words,
): Promise<void> {
  const { jobs, coordination, clock, telemetry } = dependencies
  const { streams } = coordination
  const jobId = newId('job')
  let awaited: AwaitedJob | undefined
  const events = new EventStream(response, {
    clock,
    headers: () => headersOf(dependencies, context.tenantId, awaited?.jobId ?? jobId),
  })
  const relay = new ChatRelay({
    includeUsage,
    write: chunk => write(events, chunk, words),
    onInterrupted: () => interrupt(events),
  })
  const parts = new StreamParts(relay)
  // What a caller who is behind does not hear now is told from the whole answer.
  const leave = streams.on(jobId, part => {
    if (!events.behind) parts.take(part)
  })
  try {
    const streaming = { ...submission.options, streamTo: streams.address }
    awaited = await jobs.submit({ ...submission, options: streaming }, context, response, jobId)
    const ended = await jobs.untilEnded(awaited, status => {
      events.state = status
    })
    await events.drained()
    if (ended) finish(ended, { events, relay, response, clock, includeUsage, words })
  } catch (error) {
    if (!events.begun) throw error
    const requestId = String(response.getHeader('x-request-id'))
    const told = errorInStream(error, requestId, telemetry.logger)
    events.event(JSON.stringify(told.toEnvelope()))
    events.end()
    if (awaited) await jobs.cancel(awaited)
  } finally {
    events.abandon()
    leave()
    if (awaited) jobs.release(awaited)
  }
}

interface Ending {
  events: EventStream
  relay: ChatRelay
  response: ServerResponse
  clock: Clock
  includeUsage: boolean
  words: Words | undefined
}

function write(events: EventStream, chunk: string, words: Words | undefined): void {
  const said = words ? words.chunk(objectOf(JSON.parse(chunk))) : undefined
  if (!words) events.event(chunk)
  else if (said) events.event(JSON.stringify(said))
}

function finish(ended: EndedJob, ending: Ending): void {
  const { events, relay, response, clock, includeUsage, words } = ending
  const { job, decision } = ended
  const answer = answerOf(job)
  if (answer === undefined) {
    const error = errorOf(job)
    if (!events.begun) {
      sendJobError(response, error, longhaulHeaders(job, decision, clock.now()))
      return
    }
    events.event(JSON.stringify(jobErrorEnvelope(error)))
    events.end()
    return
  }
  const recorded = objectOf(JSON.parse(answer))
  const completion = words ? words.whole(recorded) : recorded
  if (!relay.complete(completion)) {
    interrupt(events)
    return
  }
  if (includeUsage) write(events, JSON.stringify(usageChunk(completion)), words)
  events.event('[DONE]')
  events.end()
}

/** Closing the connection ends the job as well. */
function interrupt(events: EventStream): void {
  const error = new LonghaulError(
    'stream_interrupted',
    'The model failed in the middle of its answer. Ask again.',
  )
  events.event(JSON.stringify(error.toEnvelope()))
  events.end()
}

/** As far as they are known when the first token comes. */
async function headersOf(
  { store, clock }: ChatStreamDependencies,
  tenantId: string,
  jobId: string,
): Promise<Record<string, string>> {
  const [job, decision] = await Promise.all([
    store.reads.get(tenantId, jobId),
    store.reads.decision(jobId),
  ])
  return job ? longhaulHeaders(job, decision, clock.now()) : { 'x-longhaul-job-id': jobId }
}
