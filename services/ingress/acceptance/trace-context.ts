import { uuidOf } from '@longhaul/contracts'

/** W3C Trace Context, version 00. */
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

/** The header when it is valid; any other is as good as none. */
export function validTraceparent(header: string | undefined): string | undefined {
  return header !== undefined && TRACEPARENT.test(header) ? header : undefined
}

/**
 * The trace of a job whose caller brought none: its id is the trace id, so that
 * the one is found by the other. The last 62 bits of a UUIDv7 are random, as
 * Trace Context wants the right-hand end of a trace id.
 */
export function traceparentOf(jobId: string): string | null {
  const trace = uuidOf('job', jobId)
  return trace ? `00-${trace}-${trace.slice(16)}-01` : null
}
