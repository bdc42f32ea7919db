import { z } from 'zod'
import { getJobQuery, listJobsQuery } from '../query.ts'
import * as examples from './examples.ts'
import { idempotencyHeader } from './idempotency-header.ts'
import { type Operation, submissionErrors } from './operation.ts'
import * as schemas from './schemas.ts'

const jobPath = z.object({ id: schemas.jobId })

export const jobOperations = {
  submitJob: {
    method: 'post',
    path: '/v1/jobs',
    tag: 'Jobs',
    summary: 'Submit a job',
    description:
      'Records the request and answers at once. A job that was answered with 202 is never lost: it ends as `succeeded`, `failed`, `cancelled` or `expired`, with one recorded result.',
    auth: true,
    headers: idempotencyHeader,
    body: { schema: schemas.submitJobDocument, examples: examples.submissions },
    success: {
      status: 202,
      description: 'The job was recorded',
      schema: schemas.jobSchema,
      example: examples.acceptedJob,
    },
    errors: [...submissionErrors, 'idempotency_key_reused'],
  },
  submitJobs: {
    method: 'post',
    path: '/v1/jobs/bulk',
    tag: 'Jobs',
    summary: 'Submit up to 1,000 jobs',
    description:
      'Answers in the order sent, each with its job or with an error of its own; `param` then holds the place, such as `jobs[3].body.model`.',
    auth: true,
    headers: idempotencyHeader,
    body: { schema: schemas.submitJobsDocument, examples: examples.bulkSubmissions },
    success: {
      status: 202,
      description: 'Those that show a job were recorded',
      schema: schemas.bulkResultSchema,
      example: { object: 'list', data: [examples.acceptedJob] },
    },
    errors: [...submissionErrors, 'idempotency_key_reused'],
  },
  listJobs: {
    method: 'get',
    path: '/v1/jobs',
    tag: 'Jobs',
    summary: 'List jobs',
    auth: true,
    query: listJobsQuery,
    success: {
      status: 200,
      description: 'A page of your jobs',
      schema: schemas.jobListSchema,
      example: {
        object: 'list',
        data: [examples.finishedJob],
        first_id: examples.finishedJob.id,
        last_id: examples.finishedJob.id,
        has_more: false,
      },
    },
    errors: ['invalid_value', 'invalid_text', 'unknown_field', 'invalid_cursor', 'list_unfinished'],
  },
  getJob: {
    method: 'get',
    path: '/v1/jobs/{id}',
    tag: 'Jobs',
    summary: 'Get a job',
    description:
      'With `wait` the answer is held back until the job has ended, or the time is up. What is not there yet is null.',
    auth: true,
    pathParameters: jobPath,
    query: getJobQuery,
    success: {
      status: 200,
      description: 'The job',
      schema: schemas.jobSchema,
      example: examples.finishedJob,
    },
    errors: ['invalid_id', 'invalid_value', 'unknown_field', 'job_not_found'],
  },
  cancelJob: {
    method: 'post',
    path: '/v1/jobs/{id}/cancel',
    tag: 'Jobs',
    summary: 'Cancel a job',
    description:
      'Ends a job that has not ended, and aborts its call if one is under way. One that has ended stays as it is; cancelling again gives the same answer.',
    auth: true,
    pathParameters: jobPath,
    success: {
      status: 200,
      description: 'The job as it ended',
      schema: schemas.jobSchema,
      example: examples.cancelledJob,
    },
    errors: ['invalid_id', 'job_not_found'],
  },
  streamJobEvents: {
    method: 'get',
    path: '/v1/jobs/{id}/events',
    tag: 'Jobs',
    summary: 'Stream the status changes of a job',
    description:
      'Server-sent events: the state now, then each change; the last one carries the whole job as `job`, and ends the stream. Comment lines keep the connection alive.',
    auth: true,
    pathParameters: jobPath,
    success: {
      status: 200,
      description: 'Events of type `job.status`',
      type: 'text/event-stream',
      example: examples.events,
    },
    errors: ['invalid_id', 'job_not_found'],
  },
} as const satisfies Record<string, Operation>
