import {
  builtInPolicy,
  type Config,
  type Endpoint,
  endpointBodySchemas,
  isObject,
  type JobEventType,
  type JobOptions,
  type Lane,
  LonghaulError,
  momentMs,
  objectOf,
  type SubmitJob,
  submitJobSchema,
} from '@longhaul/contracts'
import { JsonSchemas, untranslatable } from '@longhaul/providers'
import { resolveRequested } from '@longhaul/routing'
import { nearMiss, type ReceiverPolicy } from '@longhaul/runtime'
import { ExtensionReader } from './extensions.ts'
import { join, legible, REQUEST_BODY } from './place.ts'
import type { ExtensionDependencies } from './provider-preferences.ts'
import { check, describeValue, refuseProtoKey } from './validation.ts'

/** A job as the caller wants it, checked. Times are epoch milliseconds. */
export interface Submission {
  endpoint: Endpoint
  /** As it came, fields that we do not know included. */
  body: Record<string, unknown>
  bodyText: string
  /** Of `bodyText`, as UTF-8. */
  bodyBytes: number
  lane: Lane
  policy: string | null
  requestedModel: string | null
  metadata: Record<string, string> | null
  notBefore: number | null
  deadlineAt: number | null
  webhook: { url: string; events: JobEventType[] | null } | null
  options: JobOptions | null
}

/** What comes beside the body of an endpoint that is sent on its own. */
export interface DirectOptions {
  lane: Lane
  metadata: Record<string, string> | null
  options: JobOptions | null
}

/** How far ahead a deadline and `not_before` may lie. */
export const MAX_DAYS_AHEAD = 365
const MAX_AHEAD_MS = MAX_DAYS_AHEAD * 86_400_000
const NAMES_SHOWN = 12

export interface ReaderDependencies extends ExtensionDependencies {
  receiverPolicy: ReceiverPolicy
}

/**
 * Checks what becomes a job, wherever it comes from: `/v1/jobs`, `/v1/route`,
 * lines of batches, bodies of OpenAI's endpoints; against schemas and
 * configuration.
 */
export class SubmissionReader {
  readonly #config: Config
  readonly #receiverPolicy: ReceiverPolicy
  readonly #extensions: ExtensionReader
  readonly #schemas = new JsonSchemas()

  constructor(dependencies: ReaderDependencies) {
    this.#config = dependencies.config
    this.#extensions = new ExtensionReader(dependencies)
    this.#receiverPolicy = dependencies.receiverPolicy
  }

  /**
   * @param value parsed JSON
   * @param now epoch milliseconds; durations count from it
   * @param path where the value stands: `jobs[3]`; empty for the whole body
   * @throws {LonghaulError} the first fault, with its path
   */
  read(value: unknown, now: number, path = ''): Submission {
    const job = check(submitJobSchema, value, { ...REQUEST_BODY, path })
    // The schema's copy may differ from what came; what came is what the model gets.
    const { body: sent, metadata } = value as { body: unknown; metadata?: unknown }
    refuseProtoKey(metadata, join(path, ['metadata']))
    const bodyPath = join(path, ['body'])
    const { body, options } = this.#extensions.read(job.endpoint, sent, bodyPath)
    if (options?.includeCost) throw costElsewhere(join(bodyPath, ['usage']))
    check(endpointBodySchemas[job.endpoint], body, { ...REQUEST_BODY, path: bodyPath })
    this.#assertSchema(body, bodyPath)
    const places = { model: join(bodyPath, ['model']), policy: join(path, ['policy']) }
    const route = this.#route(job, body, places)
    const times = timesOf(job, now, path)
    const webhook = this.#webhook(job, path)
    return {
      endpoint: job.endpoint,
      ...textOf(body),
      lane: job.lane,
      metadata: job.metadata ?? null,
      webhook,
      options: optionsOf(job.endpoint, body, options),
      ...route,
      ...times,
    }
  }

  /**
   * The body of an endpoint on its own, as OpenAI's clients send it.
   * @throws {LonghaulError} the first fault, with its path in the body
   */
  readBody(endpoint: Endpoint, value: unknown, direct: DirectOptions): Submission {
    const { body, options } = this.#extensions.read(endpoint, value, '')
    check(endpointBodySchemas[endpoint], body)
    this.#assertSchema(body, '')
    const places = { model: 'model', policy: 'policy' }
    const route = this.#route({ endpoint, policy: undefined }, body, places)
    return {
      endpoint,
      ...textOf(body),
      ...direct,
      options: optionsOf(endpoint, body, merged(options, direct.options)),
      webhook: null,
      notBefore: null,
      deadlineAt: null,
      ...route,
    }
  }

  /** The schema that the answer is to meet: one that no answer can be judged by is told before it is paid for. */
  #assertSchema({ response_format: format, text }: Record<string, unknown>, path: string): void {
    const ofChat = objectOf(objectOf(format).json_schema).schema
    const place = isObject(ofChat)
      ? { schema: ofChat, field: ['response_format', 'json_schema', 'schema'] }
      : { schema: objectOf(objectOf(text).format).schema, field: ['text', 'format', 'schema'] }
    const fault = isObject(place.schema) ? this.#schemas.fault(place.schema) : undefined
    if (!fault) return
    const param = legible(join(path, [...place.field, ...fault.path]))
    throw new LonghaulError(
      'invalid_value',
      `\`${param}\` is no valid JSON Schema: ${fault.message}. Mend it, or ask for the answer without a schema.`,
      { param },
    )
  }

  #route(
    job: Pick<SubmitJob, 'endpoint'> & { policy?: string | null | undefined },
    body: Record<string, unknown>,
    { model: modelPath, policy: policyPath }: { model: string; policy: string },
  ) {
    const { model } = body
    const named = typeof model === 'string' && model !== 'auto' ? model : undefined
    if (named === undefined) {
      const policy = this.#policy(job.policy, policyPath)
      this.#assertAnySpeaks(policy, job.endpoint, body, modelPath)
      return { requestedModel: null, policy }
    }
    const requested = resolveRequested(this.#config, named)
    if (!requested) throw this.#unknown(modelPath, 'model or policy', named, this.#names())
    if (job.policy != null) {
      throw new LonghaulError(
        'invalid_value',
        `\`${policyPath}\` can be given only while \`${modelPath}\` is absent or "auto"; it is ${describeValue(named)}: leave one of the two out.`,
        { param: policyPath },
      )
    }
    if (requested.kind !== 'model') {
      this.#assertAnySpeaks(named, job.endpoint, body, modelPath)
      return { requestedModel: null, policy: named }
    }
    this.#assertSpeaks(named, job.endpoint, body, modelPath)
    return { requestedModel: named, policy: null }
  }

  /** `auto` is the default policy. */
  #policy(policy: string | null | undefined, path: string): string | null {
    if (policy == null || policy === 'auto') return null
    if (Object.hasOwn(this.#config.policies, policy)) return policy
    const known = new Set(['auto', ...Object.keys(this.#config.policies)])
    throw this.#unknown(path, 'policy', policy, [...known])
  }

  #assertSpeaks(
    model: string,
    endpoint: Endpoint,
    body: Record<string, unknown>,
    path: string,
  ): void {
    const { models } = this.#config
    const { endpoints = [] } = models[model] ?? {}
    if (endpoints.includes(endpoint)) return
    if (endpoint !== '/v1/embeddings' && endpoints.includes('/v1/chat/completions')) {
      this.#assertTranslatable(endpoint, body, path, {
        why: `"${model}" speaks chat completions only`,
        instead: 'choose another model',
      })
      return
    }
    const others = this.#speakersOf(endpoint)
    const remedy =
      others.length > 0
        ? `these do: ${namesShown(others)}`
        : 'no model of the configuration does: choose another endpoint'
    throw new LonghaulError(
      'invalid_value',
      `\`${path}\` names "${model}", which does not serve ${endpoint}; ${remedy}.`,
      { param: path },
    )
  }

  /** Whichever model the policy chooses. */
  #assertAnySpeaks(
    policy: string | null,
    endpoint: Endpoint,
    body: Record<string, unknown>,
    path: string,
  ): void {
    const { policies, default_policy } = this.#config
    const { models } = policies[policy ?? default_policy] ?? builtInPolicy
    const speakers = this.#speakersOf(endpoint)
    if (speakers.some(name => models?.includes(name) ?? true)) return
    this.#assertTranslatable(endpoint, body, path, {
      why: `No model of the ${models ? 'policy' : 'configuration'} serves ${endpoint} itself`,
      instead: 'choose among models of which one does',
    })
  }

  #assertTranslatable(
    endpoint: Endpoint,
    body: Record<string, unknown>,
    path: string,
    { why, instead }: { why: string; instead: string },
  ): void {
    const fault = untranslatable(endpoint, body)
    if (!fault) return
    const param = path.slice(0, -'model'.length) + fault.field
    const message = `${why}, and ${fault.message}. Leave it out, or ${instead}.`
    throw new LonghaulError('invalid_value', message, { param })
  }

  #speakersOf(endpoint: Endpoint): string[] {
    const { models } = this.#config
    return Object.keys(models).filter(name => models[name]?.endpoints.includes(endpoint))
  }

  #names(): string[] {
    return [
      ...new Set([
        'auto',
        ...Object.keys(this.#config.models),
        ...Object.keys(this.#config.policies),
      ]),
    ]
  }

  #unknown(path: string, kind: string, name: string, known: string[]): LonghaulError {
    const near = nearMiss(name, known)
    const hint = near ? ` Did you mean "${near}"?` : ''
    return new LonghaulError(
      'model_not_found',
      `\`${path}\`: the configuration has no ${kind} called ${describeValue(name)}.${hint} There are: ${namesShown(known)}.`,
      { param: path },
    )
  }

  #webhook({ webhook }: SubmitJob, path: string): Submission['webhook'] {
    if (!webhook) return null
    const url = receiverUrl(this.#receiverPolicy, webhook.url, join(path, ['webhook', 'url']))
    return { url, events: webhook.events ?? null }
  }
}

/**
 * The URL of a receiver that is allowed.
 * @throws {LonghaulError} webhook_url_private, webhook_url_invalid
 */
export function receiverUrl(policy: ReceiverPolicy, url: string, param: string): string {
  const checked = policy.checkUrl(url)
  if (checked.ok) return checked.url.href
  const code = checked.reason === 'private' ? 'webhook_url_private' : 'webhook_url_invalid'
  const separator = checked.message.startsWith('must') ? '' : ':'
  throw new LonghaulError(code, `\`${param}\`${separator} ${checked.message}.`, { param })
}

function merged(asked: JobOptions | null, direct: JobOptions | null): JobOptions | null {
  return asked && direct ? { ...asked, ...direct } : (asked ?? direct)
}

/** The answer of a job is kept as it came. */
function costElsewhere(param: string): LonghaulError {
  return new LonghaulError(
    'invalid_value',
    `\`${param}\` can ask for the cost only where the answer is waited for: jobs and lines of batches tell theirs as \`cost_usd\`. Leave it out.`,
    { param },
  )
}

/** What cannot be said as a chat completion needs a model that speaks the endpoint itself. */
function optionsOf(
  endpoint: Endpoint,
  body: Record<string, unknown>,
  options: JobOptions | null,
): JobOptions | null {
  if (!untranslatable(endpoint, body)) return options
  return { ...options, constraints: { ...options?.constraints, native: true } }
}

/** What came is what the model gets. */
function textOf(body: Record<string, unknown>) {
  const bodyText = JSON.stringify(body)
  return { body, bodyText, bodyBytes: Buffer.byteLength(bodyText) }
}

function timesOf(job: SubmitJob, now: number, path: string) {
  const notBefore = momentOf(job.not_before, now, join(path, ['not_before']))
  const deadlinePath = join(path, ['deadline'])
  const deadlineAt = momentOf(job.deadline, now, deadlinePath)
  if (deadlineAt !== null && deadlineAt <= now) {
    throw new LonghaulError(
      'deadline_in_past',
      `\`${deadlinePath}\` has passed: it is ${new Date(deadlineAt).toISOString()}, now is ${new Date(now).toISOString()}. Give a later one, or leave it out.`,
      { param: deadlinePath },
    )
  }
  if (deadlineAt !== null && notBefore !== null && deadlineAt <= notBefore) {
    throw new LonghaulError(
      'invalid_value',
      `\`${deadlinePath}\` is ${new Date(deadlineAt).toISOString()}, and must be later than \`${join(path, ['not_before'])}\`, ${new Date(notBefore).toISOString()}, or the job could never run.`,
      { param: deadlinePath },
    )
  }
  return { notBefore, deadlineAt }
}

function momentOf(text: string | null | undefined, now: number, path: string): number | null {
  if (text == null) return null
  const moment = momentMs(text, now)
  if (moment === undefined) {
    throw new LonghaulError(
      'invalid_value',
      `\`${path}\` must be an RFC 3339 time ("2030-01-31T12:00:00Z") or a duration ("90s", "10m", "24h", "7d"); got ${describeValue(text)}.`,
      { param: path },
    )
  }
  if (moment - now > MAX_AHEAD_MS) {
    throw new LonghaulError(
      'invalid_value',
      `\`${path}\` must be at most ${MAX_DAYS_AHEAD} days ahead; got ${describeValue(text)}.`,
      { param: path },
    )
  }
  return moment
}

function namesShown(names: string[]): string {
  const more = names.length - NAMES_SHOWN
  return names.slice(0, NAMES_SHOWN).join(', ') + (more > 0 ? ` and ${more} more` : '')
}
