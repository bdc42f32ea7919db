import { type JobMessage, jobMessageSchema, MESSAGE_VERSION } from './messages.ts'

/** What of a bus message this needs to know. */
interface Carrier {
  readonly value: string
}

type EnvelopeHeaders = { 'longhaul-schema': string; traceparent?: string }

/** Of the text around the body: ids, names, marks. */
const FRAME_BYTES = 500

/**
 * A job as a message of the bus. Its text is written when somebody asks for it:
 * a bus within the process hands the envelope on as it is, and nobody does.
 */
class JobEnvelope {
  readonly key: string
  readonly headers: EnvelopeHeaders
  readonly valueBytes: number
  readonly #job: JobMessage
  #text: string | undefined

  constructor(job: JobMessage) {
    this.key = job.jobId
    this.headers = { 'longhaul-schema': String(MESSAGE_VERSION) }
    if (job.traceparent !== null) this.headers.traceparent = job.traceparent
    this.valueBytes = FRAME_BYTES + (job.body === null ? 0 : job.bodyBytes)
    this.#job = job
  }

  get value(): string {
    this.#text ??= JSON.stringify(this.#job)
    return this.#text
  }

  /** Undefined for what is no envelope, such as a message that came from elsewhere. */
  static jobIn(message: object): JobMessage | undefined {
    return #job in message ? message.#job : undefined
  }
}

/** @param job is not changed from here on */
export function encodeJobMessage(job: JobMessage): JobEnvelope {
  return new JobEnvelope(job)
}

/**
 * The job that a message carries. What this process wrote itself is neither
 * parsed nor checked again: share it, do not change it.
 * @throws {SyntaxError | z.ZodError} the message is unreadable
 */
export function decodeJobMessage(message: Carrier): Readonly<JobMessage> {
  return JobEnvelope.jobIn(message) ?? jobMessageSchema.parse(JSON.parse(message.value))
}
