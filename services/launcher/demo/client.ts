import type {
  DecisionRecord,
  ErrorEnvelope,
  JobIncludes,
  JobView,
  SubmitJob,
} from '@longhaul/contracts'

/** A job as callers write it: what has a default may be left out. */
export type Submission = Pick<SubmitJob, 'body'> & Partial<SubmitJob>

export type JobWithDecision = JobView & Pick<JobIncludes, 'decision'>

/** The decision for a request that was not run; the error says why no model qualifies. */
export type RouteAnswer = DecisionRecord & { error: { code: string; message: string } | null }

/** Above the 60 seconds that a long-poll may take. */
const TIMEOUT_MS = 75_000

/** The API answered with an error, or not at all in time. */
class ApiError extends Error {
  readonly code = 'api_error'
}

/** The API as any program would use it: JSON over HTTP. */
export class ApiClient {
  readonly #url: string
  readonly #key: string
  readonly #signal: AbortSignal

  /** @param signal ends every request under way */
  constructor(url: string, key: string, signal: AbortSignal) {
    this.#url = url
    this.#key = key
    this.#signal = signal
  }

  /** All that are valid now: a rotation leaves two for a day. */
  async webhookSecrets(): Promise<string[]> {
    const { secrets } = await this.#request<{ secrets: string[] }>('/v1/webhook-secret')
    return secrets
  }

  /** The jobs in the order sent, or why one was refused. */
  async submit(jobs: readonly Submission[]): Promise<Array<JobView | ErrorEnvelope>> {
    const { data } = await this.#request<{ data: Array<JobView | ErrorEnvelope> }>(
      '/v1/jobs/bulk',
      { jobs },
    )
    return data
  }

  job(id: string): Promise<JobWithDecision> {
    return this.#request(`/v1/jobs/${id}?include=decision`)
  }

  /** Answers once the job has ended, or after a minute. */
  waitForJob(id: string): Promise<JobView> {
    return this.#request(`/v1/jobs/${id}?wait=60`)
  }

  /** What would be decided; nothing is run. */
  route(job: Submission): Promise<RouteAnswer> {
    return this.#request('/v1/route', job)
  }

  async #request<T>(path: string, body?: unknown): Promise<T> {
    const response = await fetch(this.#url + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${this.#key}`, 'content-type': 'application/json' },
      signal: AbortSignal.any([this.#signal, AbortSignal.timeout(TIMEOUT_MS)]),
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new ApiError(`${path} answered ${response.status}: ${text}`)
    return JSON.parse(text) as T
  }
}
