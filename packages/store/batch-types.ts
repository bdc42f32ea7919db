import type {
  BatchEventType,
  BatchFault,
  BatchStatus,
  Endpoint,
  JobError,
  JobOptions,
} from '@longhaul/contracts'

export interface NewBatch {
  id: string
  tenantId: string
  endpoint: Endpoint
  inputFileId: string
  completionWindow: string
  /** Epoch milliseconds. */
  createdAt: number
  /** Epoch milliseconds. */
  expiresAt: number
  metadata: Record<string, string> | null
  outputExpiresSeconds: number | null
  priority: number
  paused: boolean
  /** The batch whose failed lines these are. */
  retryOf: string | null
  webhook: { url: string; events: BatchEventType[] | null } | null
}

/** Under which name a request to create a batch is known, and for how long. */
export interface BatchKey {
  key: string
  /** Compared, never interpreted. */
  bodyHash: string
  /** Epoch milliseconds: what came before then is another request. */
  since: number
}

export type BatchOutcome =
  | { kind: 'created' }
  /** The same request came before. */
  | { kind: 'duplicate'; batchId: string }
  /** The key came before with another body. */
  | { kind: 'key-reused' }

/** What ended of a batch at one model; '' when none was chosen. */
export interface BatchCount {
  model: string
  succeeded: number
  failed: number
  cancelled: number
  expired: number
  inputTokens: number
  cachedInputTokens: number
  outputTokens: number
  reasoningTokens: number
  totalTokens: number
  costUsd: number
}

export interface BatchRecord extends NewBatch {
  status: BatchStatus
  inProgressAt: number | null
  finalizingAt: number | null
  completedAt: number | null
  failedAt: number | null
  expiredAt: number | null
  cancellingAt: number | null
  cancelledAt: number | null
  /** Lines; null until its file is validated. */
  total: number | null
  estimatedCostUsd: number | null
  faults: BatchFault[] | null
  outputFileId: string | null
  errorFileId: string | null
  /** Lines that ended lately, per second. */
  lineRate: number
  counts: BatchCount[]
  /** Unfinished batches of the tenant that go before it; null once it has ended. */
  ahead: number | null
}

export interface BatchFilter {
  tenantId: string
  /** Cursor: the last id of the page before. */
  after?: string
  /** 1 to 100. */
  limit: number
}

/** A batch that a dispatcher took, and what the next step needs. */
export interface ClaimedBatch {
  id: string
  tenantId: string
  status: 'validating' | 'finalizing' | 'cancelling'
  endpoint: Endpoint
  inputFileId: string
  createdAt: number
  expiresAt: number
  outputExpiresSeconds: number | null
  /** Null: not validated yet. */
  total: number | null
  /** How far its lines have become jobs. */
  recordedLines: number
  /** Its lines became jobs that may run. */
  begun: boolean
}

/** A line on its way to be a job. */
export interface NewLine {
  line: number
  customId: string
  requestedModel: string | null
  policy: string | null
  options: JobOptions | null
  body: string
  bodyBytes: number
}

/** A line that ended. */
export interface EndedLine {
  line: number
  customId: string
  jobId: string
  status: 'succeeded' | 'failed' | 'cancelled' | 'expired'
  error: JobError | null
  costUsd: number | null
  /** The provider's answer as JSON text. */
  body: string | null
}

/** Where a reader of lines that end one after the other stands. */
export interface EndedCursor {
  xid: string
  jobId: string
}
