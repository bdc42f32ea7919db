import type { AttemptOutcome, Lane, TerminalStatus } from '@longhaul/contracts'
import type { Meter } from '@opentelemetry/api'
import { Instruments, type NoLabels } from './instruments.ts'

/**
 * Every metric of Longhaul, in one place. Labels are few and bounded by the
 * configuration: never a tenant, a job, a URL path or an error text.
 */

const SECOND = 1
const MINUTE = 60
const HOUR = 3_600
const DAY = 86_400

const callSeconds = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, MINUTE, 120, 300, 600]
const waitSeconds = [
  ...[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, SECOND, 2.5, 5, 10, 30],
  ...[MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 4 * HOUR, DAY],
]
const webhookSeconds = [0.1, 0.5, SECOND, 5, 30, MINUTE, 5 * MINUTE, HOUR, 6 * HOUR, DAY, 3 * DAY]
const httpSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 15, MINUTE]
const statementSeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5]
const rows = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000]

const redispatchReasons = ['unclaimed', 'lease-expired', 'retry', 'startup', 'diverted'] as const
const webhookOutcomes = ['delivered', 'failed', 'given-up', 'refused'] as const

export interface Metrics extends ReturnType<typeof defineMetrics> {}

/** Why a job was published once more, or calls were made once more. */
export type RedispatchReason = (typeof redispatchReasons)[number]
export type HoldsLabels = { policy: string; holds: 'target_share' | 'budget' }
export type TokenDirection = 'input' | 'cached_input' | 'output' | 'reasoning'
export type WebhookOutcome = (typeof webhookOutcomes)[number]

export function defineMetrics(meter: Meter) {
  const make = new Instruments(meter)
  return {
    ...jobMetrics(make),
    ...providerMetrics(make),
    ...busMetrics(make),
    ...storeMetrics(make),
    ...webhookMetrics(make),
    ...httpMetrics(make),
  }
}

function jobMetrics(make: Instruments) {
  return {
    /** Jobs answered with 2xx; repeats by idempotency key do not count. */
    jobsAccepted: make.counter<{ lane: Lane }>({
      name: 'longhaul_jobs_accepted',
      unit: '{job}',
      help: 'Jobs accepted',
      labels: ['lane'],
    }),
    /** Jobs that reached a terminal state; model `none` when none was chosen. */
    jobsFinished: make.counter<{ status: TerminalStatus; model: string }>({
      name: 'longhaul_jobs_finished',
      unit: '{job}',
      help: 'Jobs that reached a terminal state',
      labels: ['status', 'model'],
    }),
    /** Batches that reached a final state. */
    batchesEnded: make.counter<{ status: string }>({
      name: 'longhaul_batches_ended',
      unit: '{batch}',
      help: 'Batches that reached a final state',
      labels: ['status'],
    }),
    /** Jobs published again. */
    jobsRedispatched: make.counter<{ reason: RedispatchReason }>({
      name: 'longhaul_jobs_redispatched',
      unit: '{job}',
      help: 'Jobs published again, by reason',
      labels: ['reason'],
      known: redispatchReasons.map(reason => ({ reason })),
    }),
    /** From the moment a job might first run (accepted, or not_before) to its first claim. */
    jobQueueWait: make.histogram<{ lane: Lane }>({
      name: 'longhaul_job_queue_wait_seconds',
      unit: 's',
      help: 'Time from when a job could first run to its first claim',
      labels: ['lane'],
      boundaries: waitSeconds,
    }),
    /** From accepted to terminal. */
    jobDuration: make.histogram<{ lane: Lane }>({
      name: 'longhaul_job_duration_seconds',
      unit: 's',
      help: 'Time from accepting a job to its terminal state',
      labels: ['lane'],
      boundaries: waitSeconds,
    }),
    /** Finishes that a newer fence refused: their results were discarded, their cost was kept. */
    zombieResults: make.counter<NoLabels>({
      name: 'longhaul_zombie_results_discarded',
      unit: '{result}',
      help: 'Results discarded because another attempt had taken over',
      labels: [],
    }),
    /** Until a call for a job that comes now can begin; nothing for models that were not called yet. */
    queueWaitPredicted: make.gauge<{ model: string; lane: Lane }>({
      name: 'longhaul_queue_wait_predicted_seconds',
      unit: 's',
      help: 'Predicted wait until a call for a job that comes now can begin; told by each process',
      labels: ['model', 'lane'],
    }),
    /** Routing decisions, one per dispatch that was routed; model `none` when no model qualified. */
    routingDecisions: make.counter<{ strategy: string; model: string }>({
      name: 'longhaul_routing_decisions',
      unit: '{decision}',
      help: 'Routing decisions, by strategy and chosen model',
      labels: ['strategy', 'model'],
    }),
    ...policyMetrics(make),
  }
}

function policyMetrics(make: Instruments) {
  return {
    /** Of policies that hold something: a share of decisions, or US dollars per UTC day. */
    policyTarget: make.gauge<HoldsLabels>({
      name: 'longhaul_policy_target',
      unit: '1',
      help: 'Share of decisions, or US dollars per UTC day, that a policy holds',
      labels: ['policy', 'holds'],
    }),
    /** The same today so far, over all processes. */
    policyUsed: make.gauge<HoldsLabels>({
      name: 'longhaul_policy_used',
      unit: '1',
      help: 'The share of today, or US dollars recorded and expected of what is under way',
      labels: ['policy', 'holds'],
    }),
    /** What it takes to hold it: of processes that decide. */
    policyShadowPrice: make.gauge<HoldsLabels>({
      name: 'longhaul_policy_shadow_price',
      unit: '1',
      help: 'Utility that a job of the models of a share, or a dollar of a budget, has to be worth now',
      labels: ['policy', 'holds'],
    }),
  }
}

function providerMetrics(make: Instruments) {
  return {
    /** Calls that ended; `deployment` is `model/deployment`. */
    providerCalls: make.counter<{ deployment: string; outcome: AttemptOutcome }>({
      name: 'longhaul_provider_calls',
      unit: '{call}',
      help: 'Provider calls that ended, by outcome',
      labels: ['deployment', 'outcome'],
    }),
    /** For the strategy `semantic`, prompts and utterances; not calls of jobs. */
    routingEmbeddings: make.counter<{ deployment: string; outcome: string }>({
      name: 'longhaul_routing_embeddings',
      unit: '{call}',
      help: 'Embedding calls that routing made, by outcome',
      labels: ['deployment', 'outcome'],
    }),
    /** Of one call, connection to last byte. */
    providerCallDuration: make.histogram<{ deployment: string }>({
      name: 'longhaul_provider_call_duration_seconds',
      unit: 's',
      help: 'Duration of provider calls',
      labels: ['deployment'],
      boundaries: callSeconds,
    }),
    /** Calls made again since the worker of the one before lost its lease. */
    repeatedProviderCalls: make.counter<{ deployment: string }>({
      name: 'longhaul_provider_calls_repeated',
      unit: '{call}',
      help: 'Provider calls made again after a lost lease',
      labels: ['deployment'],
    }),
    /** Calls under way. */
    providerCallsInFlight: make.upDownCounter<{ deployment: string }>({
      name: 'longhaul_provider_calls_in_flight',
      unit: '{call}',
      help: 'Provider calls under way',
      labels: ['deployment'],
    }),
    /** Tokens that providers reported; `cached_input` is part of `input`, `reasoning` of `output`. */
    tokens: make.counter<{ direction: TokenDirection; model: string }>({
      name: 'longhaul_tokens',
      unit: '{token}',
      help: 'Tokens reported by providers; cached_input is part of input, reasoning of output',
      labels: ['direction', 'model'],
    }),
    /** US dollars, discarded results included. */
    costUsd: make.counter<{ model: string }>({
      name: 'longhaul_cost_usd',
      unit: 'USD',
      help: 'Cost of provider calls in US dollars, those of discarded results included',
      labels: ['model'],
    }),
    /** 0 closed, 1 half-open, 2 open. */
    breakerState: make.gauge<{ deployment: string }>({
      name: 'longhaul_breaker_state',
      unit: '1',
      help: 'Circuit breaker: 0 closed, 1 half-open, 2 open',
      labels: ['deployment'],
    }),
    /** 1: broadcasts, live figures and breakers are those of all processes; 0: this process's own. */
    coordinationShared: make.gauge<NoLabels>({
      name: 'longhaul_coordination_shared',
      unit: '1',
      help: 'Coordination: 1 shared among processes, 0 of this process only',
      labels: [],
    }),
  }
}

function busMetrics(make: Instruments) {
  return {
    /** Messages that a group has not settled. */
    busLag: make.gauge<{ topic: string; group: string }>({
      name: 'longhaul_bus_lag',
      unit: '{message}',
      help: 'Messages of a topic that a group has not settled; of the whole cluster, told by each process',
      labels: ['topic', 'group'],
    }),
    /** How many more messages a topic takes. */
    busRoom: make.gauge<{ topic: string }>({
      name: 'longhaul_bus_room',
      unit: '{message}',
      help: 'How many more messages a topic takes now',
      labels: ['topic'],
    }),
    /** Partitions were assigned to a consumer, for the first time or again. */
    busRebalances: make.counter<{ group: string }>({
      name: 'longhaul_bus_rebalances',
      unit: '{rebalance}',
      help: 'Assignments of partitions to a consumer of this process',
      labels: ['group'],
    }),
    /** Consumers that failed and were started again. */
    busConsumerFailures: make.counter<{ group: string }>({
      name: 'longhaul_bus_consumer_failures',
      unit: '{failure}',
      help: 'Consumers that failed and were started again',
      labels: ['group'],
    }),
    /** Messages that came again after a rebalance while they were open or done, and were dropped. */
    busRepeatsDropped: make.counter<{ group: string }>({
      name: 'longhaul_bus_repeats_dropped',
      unit: '{message}',
      help: 'Messages that came again after a rebalance and were dropped, since they were in hand or done',
      labels: ['group'],
    }),
    /** Deliveries that were open for so long that their offset was committed without them. */
    busStragglers: make.counter<{ group: string }>({
      name: 'longhaul_bus_stragglers_detached',
      unit: '{delivery}',
      help: 'Deliveries whose offset was committed before they were settled, since they held back others',
      labels: ['group'],
    }),
  }
}

function storeMetrics(make: Instruments) {
  return {
    /** Rows that went with one coalesced statement. */
    storeBatchRows: make.histogram<{ statement: string }>({
      name: 'longhaul_store_batch_rows',
      unit: '{row}',
      help: 'Rows per coalesced statement',
      labels: ['statement'],
      boundaries: rows,
    }),
    /** Of one statement, its transaction included. */
    storeStatementDuration: make.histogram<{ statement: string }>({
      name: 'longhaul_store_statement_duration_seconds',
      unit: 's',
      help: 'Duration of database statements',
      labels: ['statement'],
      boundaries: statementSeconds,
    }),
    /** Rows that wait for the statement before theirs to end. */
    storeWaiting: make.gauge<{ statement: string }>({
      name: 'longhaul_store_waiting',
      unit: '{row}',
      help: 'Rows waiting for the next coalesced statement',
      labels: ['statement'],
    }),
  }
}

function webhookMetrics(make: Instruments) {
  return {
    /** Attempts to deliver; `given-up` is the last failure of an event. */
    webhookDeliveries: make.counter<{ outcome: WebhookOutcome }>({
      name: 'longhaul_webhook_deliveries',
      unit: '{delivery}',
      help: 'Attempts to deliver a webhook event, by outcome',
      labels: ['outcome'],
      known: webhookOutcomes.map(outcome => ({ outcome })),
    }),
    /** From the event's commit to its successful delivery. */
    webhookDelay: make.histogram<NoLabels>({
      name: 'longhaul_webhook_delay_seconds',
      unit: 's',
      help: 'Time from a webhook event to its delivery',
      labels: [],
      boundaries: webhookSeconds,
    }),
  }
}

function httpMetrics(make: Instruments) {
  return {
    /** `route` is the pattern (`/v1/jobs/:id`), `unmatched` for none. */
    httpRequests: make.counter<{ route: string; method: string; status: number }>({
      name: 'longhaul_http_requests',
      unit: '{request}',
      help: 'HTTP requests answered',
      labels: ['route', 'method', 'status'],
    }),
    /** Until the answer was handed to the socket; long-polls include their wait. */
    httpRequestDuration: make.histogram<{ route: string }>({
      name: 'longhaul_http_request_duration_seconds',
      unit: 's',
      help: 'Duration of HTTP requests, the wait of long-polls included',
      labels: ['route'],
      boundaries: httpSeconds,
    }),
  }
}
