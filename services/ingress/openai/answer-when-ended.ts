import type { Clock } from '@longhaul/contracts'
import type { Submission } from '@longhaul/intake'
import type { JobDetail } from '@longhaul/store'
import type { Response } from 'express'
import type { SubmitContext } from '../acceptance/submitter.ts'
import { sendJson } from '../answer.ts'
import { errorOf, longhaulHeaders, sendJobError } from './ended-job.ts'
import type { SynchronousJobs } from './synchronous-jobs.ts'

/**
 * Submits a job and answers once it has ended; not at all when its caller went away first.
 * @param answerOf the job's answer as JSON text; undefined: its error is told
 */
export async function answerWhenEnded(
  { jobs, clock }: { jobs: SynchronousJobs; clock: Clock },
  { submission, context }: { submission: Submission; context: SubmitContext },
  response: Response,
  answerOf: (job: JobDetail) => string | undefined,
): Promise<void> {
  const awaited = await jobs.submit(submission, context, response)
  try {
    const ended = await jobs.untilEnded(awaited)
    if (!ended) return
    const { job, decision } = ended
    const headers = longhaulHeaders(job, decision, clock.now())
    const answer = answerOf(job)
    if (answer === undefined) sendJobError(response, errorOf(job), headers)
    else sendJson(response, 200, answer, headers)
  } finally {
    jobs.release(awaited)
  }
}
