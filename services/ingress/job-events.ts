import type { IncomingMessage, ServerResponse } from 'node:http'
import { isTerminal, type JobStatus } from '@longhaul/contracts'
import type { JobDetail } from '@longhaul/store'
import { jobJson, timeOf } from './job-view.ts'
import { closedSignal, jobNotFound, statusOr, type WaitDependencies } from './job-waiting.ts'

/** Proxies cut connections that are silent for a minute, often for less. */
const HEARTBEAT_MS = 15_000

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache',
  'x-accel-buffering': 'no',
}

/**
 * Server-sent events: the state of a job now, then every change that is seen,
 * and the whole job with the last. A job that has ended already gives that one
 * event. What changes and changes back in between may go unseen.
 * @throws {LonghaulError} job_not_found, before anything is sent
 */
export async function streamJobEvents(
  dependencies: WaitDependencies,
  { tenantId, jobId }: { tenantId: string; jobId: string },
  { request, response }: { request: IncomingMessage; response: ServerResponse },
): Promise<void> {
  const { watch, reads } = dependencies
  const closed = closedSignal(response)
  const watcher = watch.open(jobId)
  try {
    const job = await reads.get(tenantId, jobId)
    if (!job) throw jobNotFound(jobId)
    const stream = new EventStream(dependencies, response, jobId)
    if (request.method === 'HEAD') {
      response.end()
      return
    }
    let status: JobStatus | undefined = job.status
    while (status !== undefined) {
      if (isTerminal(status)) {
        const ended = watcher.seen === undefined ? job : await reads.get(tenantId, jobId)
        if (ended) stream.end(ended)
        return
      }
      if (status === watcher.seen) stream.heartbeat()
      else stream.status(status)
      const seen: JobStatus = status
      watcher.seen = seen
      if (!watch.stopping) await watcher.changed(HEARTBEAT_MS, closed)
      if (closed.aborted || watch.stopping) break
      status = await statusOr(seen, () => reads.status(tenantId, jobId))
    }
    response.end()
  } finally {
    watcher.close()
  }
}

class EventStream {
  readonly #dependencies: Pick<WaitDependencies, 'clock'>
  readonly #response: ServerResponse
  readonly #jobId: string
  #sequence = 0

  constructor(
    dependencies: Pick<WaitDependencies, 'clock'>,
    response: ServerResponse,
    jobId: string,
  ) {
    this.#dependencies = dependencies
    this.#response = response
    this.#jobId = jobId
    response.writeHead(200, HEADERS)
    response.flushHeaders()
  }

  heartbeat(): void {
    this.#response.write(': waiting\n\n')
  }

  status(status: JobStatus): void {
    this.#event({ id: this.#jobId, status, at: timeOf(this.#dependencies.clock.now()) }, '')
  }

  end(job: JobDetail): void {
    const at = timeOf(job.finishedAt ?? this.#dependencies.clock.now())
    // A line of its own per event: JSON holds no line breaks outside of strings, but spliced text may.
    const json = jobJson(job).replaceAll(/[\r\n]+/g, ' ')
    this.#event({ id: job.id, status: job.status, at }, `,"job":${json}`)
    this.#response.end()
  }

  /** @param more JSON members that follow */
  #event(fields: { id: string; status: JobStatus; at: string }, more: string): void {
    this.#sequence += 1
    const json = `${JSON.stringify(fields).slice(0, -1)}${more}}`
    this.#response.write(`event: job.status\nid: ${this.#sequence}\ndata: ${json}\n\n`)
  }
}
