import type { Config, DecisionRecord, Model } from '@longhaul/contracts'
import { routingRequestOf, type Submission } from '@longhaul/intake'
import {
  answersOf,
  type LiveView,
  LONGEST_ASSUMED_ANSWER,
  type Router,
  requestedOutput,
} from '@longhaul/routing'
import type { Tokenizer } from '@longhaul/tokenizer'
import { InputTokens } from './input-tokens.ts'
import type { BatchLine } from './line-reader.ts'

export interface EstimateOptions {
  config: Pick<Config, 'models'>
  /** One of its own: strategies that take turns must not take those of jobs. */
  router: Router
  live: LiveView
  /** Default: tokens of prompts are estimated, to within a quarter, and no vocabulary is held in memory. */
  tokenizer?: Tokenizer
  tenantId: string
  /** Mean tokens of recent answers, by model: of this tenant, else of many others together. */
  recentAnswers: ReadonlyMap<string, number>
  /** Epoch milliseconds. */
  now: number
  /** When what has not ended expires. */
  expiresAt: number
}

/** Where a line would go now, and what it would cost. */
export interface LineEstimate {
  /** Null: no model qualifies; `reason` says why. */
  model: string | null
  costUsd: number
  inputTokens: number
  outputTokens: number
  reason: string
}

export interface ModelEstimate {
  lines: number
  costUsd: number
}

/** Of a model that was not called yet. */
const ASSUMED_LATENCY_MS = 2_000

/**
 * How long the answer is taken to be while no answer of any model was seen: as
 * the prompt was read to want, where it was read, and never as long as its bound
 * alone would allow, which is seldom reached.
 */
function assumedTokens({ estimates, prompt }: DecisionRecord): number {
  if (estimates.output_tokens === 0) return 0
  const usual = Math.min(estimates.output_tokens, LONGEST_ASSUMED_ANSWER)
  return prompt ? Math.min(prompt.output_tokens, usual) : usual
}

/** Answers are taken to be of any length from 0.35 to 1.65 of their mean alike. */
const SPREAD = 0.65

/** The mean length of answers that end at a bound, which cuts the longer ones even where it is above their mean. */
function boundMean(mean: number, bound: number): number {
  const longest = mean * (1 + SPREAD)
  if (bound >= longest) return mean
  if (bound <= mean * (1 - SPREAD)) return bound
  return mean - (longest - bound) ** 2 / (4 * mean * SPREAD)
}

/** Deployments may cost differently, and calls are spread over them by what each takes. */
function meanPrice({ deployments, price }: Model): { input: number; output: number } {
  let [input, output, shares] = [0, 0, 0]
  for (const { weight, max_concurrency, price: own = price } of Object.values(deployments)) {
    const share = weight * max_concurrency
    input += share * own.input
    output += share * own.output
    shares += share
  }
  return { input: input / shares, output: output / shares }
}

/** Adds up what the lines of a batch would cost, and how long they would take. */
export class BatchEstimate {
  readonly #options: EstimateOptions
  readonly #byModel = new Map<string, ModelEstimate>()
  readonly #meanAnswer: number | undefined
  readonly #inputTokens: InputTokens
  #unroutable = 0

  constructor(options: EstimateOptions) {
    this.#options = options
    this.#inputTokens = new InputTokens(options.tokenizer)
    const means = [...options.recentAnswers.values()]
    this.#meanAnswer =
      means.length === 0 ? undefined : means.reduce((sum, mean) => sum + mean, 0) / means.length
  }

  /** Routes a line as it would be routed now. */
  add({ submission }: BatchLine): LineEstimate {
    const { router, live, tenantId, now, expiresAt } = this.#options
    const { record, route, failure } = router.decide(
      { ...routingRequestOf(submission, tenantId), deadlineAt: expiresAt },
      live,
      {
        policy: submission.policy,
        requestedModel: submission.requestedModel,
        number: 1,
        now,
        random: () => 0.5,
      },
    )
    const { endpoint, body } = submission
    const inputTokens = this.#inputTokens.of(endpoint, body)
    if (!route) {
      this.#unroutable += 1
      const reason = failure?.message ?? record.reason
      return { model: null, costUsd: 0, inputTokens, outputTokens: 0, reason }
    }
    const { model } = route
    const outputTokens = this.#answerTokens(model, submission, assumedTokens(record))
    const costUsd = this.#cost(model, inputTokens, outputTokens)
    const sum = this.#byModel.get(model) ?? { lines: 0, costUsd: 0 }
    this.#byModel.set(model, { lines: sum.lines + 1, costUsd: sum.costUsd + costUsd })
    return { model, costUsd, inputTokens, outputTokens, reason: record.reason }
  }

  get byModel(): ReadonlyMap<string, ModelEstimate> {
    return this.#byModel
  }

  /** Lines that no model takes. */
  get unroutable(): number {
    return this.#unroutable
  }

  get costUsd(): number {
    let sum = 0
    for (const { costUsd } of this.#byModel.values()) sum += costUsd
    return sum
  }

  /** If nothing else waited: the models work beside one another, each as many calls at a time as it takes. */
  get durationSeconds(): number {
    let longest = 0
    for (const [model, { lines }] of this.#byModel) {
      const { latencyMs = ASSUMED_LATENCY_MS, capacity } = this.#options.live.of(model)
      longest = Math.max(longest, (Math.ceil(lines / Math.max(1, capacity)) * latencyMs) / 1_000)
    }
    return longest
  }

  /** What the model has answered with lately tells more than what a request allows. */
  #answerTokens(model: string, { endpoint, body }: Submission, assumed: number): number {
    if (assumed === 0) return 0
    const { recentAnswers, config } = this.#options
    const known = recentAnswers.get(model) ?? config.models[model]?.usual_output_tokens
    const answer = known ?? this.#meanAnswer
    if (answer === undefined) return assumed
    const bound = requestedOutput(endpoint, body)
    return answersOf(endpoint, body) * (bound === undefined ? answer : boundMean(answer, bound))
  }

  #cost(model: string, inputTokens: number, outputTokens: number): number {
    const settings = this.#options.config.models[model]
    if (!settings) return 0
    const price = meanPrice(settings)
    return (inputTokens * price.input + outputTokens * price.output) / 1e6
  }
}

/** Lines at the beginning that are all reckoned with. */
const WHOLE_LINES = 1_000
/** Of the lines after them. */
const SAMPLED_SHARE = 0.1
/** Its multiples are spread evenly, and keep no step with lines that take turns (Weyl, 1916). */
const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2

/** What a batch would cost, from its first lines and a tenth of the others: a decision for each would take longer than to read it. */
export class SampledCost {
  readonly #estimate: BatchEstimate
  #lines = 0
  #sampled = 0
  #ofWhole = 0

  /** @param estimate that nobody else adds to */
  constructor(estimate: BatchEstimate) {
    this.#estimate = estimate
  }

  add(line: BatchLine): void {
    this.#lines += 1
    if (this.#lines <= WHOLE_LINES) {
      this.#estimate.add(line)
      this.#ofWhole = this.#estimate.costUsd
    } else if ((this.#lines * GOLDEN_RATIO) % 1 < SAMPLED_SHARE) {
      this.#estimate.add(line)
      this.#sampled += 1
    }
  }

  get costUsd(): number {
    const others = Math.max(0, this.#lines - WHOLE_LINES)
    const ofSampled = this.#estimate.costUsd - this.#ofWhole
    const mean = this.#sampled > 0 ? ofSampled / this.#sampled : this.#ofWhole / WHOLE_LINES
    return this.#ofWhole + mean * others
  }
}
