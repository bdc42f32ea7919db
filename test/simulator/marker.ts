import { type MarkerBehaviour, MarkerBehaviourSchema } from './behaviour.ts'

/** What a prompt says about itself: `[[name]]`, or `[[name?status=503&times=2]]`. */
export interface Marker {
  name: string
  /** The text behind the question mark, as it was sent. */
  inline: string | undefined
}

const pattern = /\[\[([\w.:-]{1,80})(?:\?([^\]"\s]{1,2000}))?\]\]/

/** The first marker anywhere in the raw text of a request. */
export function findMarker(text: string): Marker | undefined {
  const match = pattern.exec(text)
  const name = match?.[1]
  return name === undefined ? undefined : { name, inline: match?.[2] }
}

const known = new Set([
  'latency',
  'tokens',
  'tps',
  'answer',
  'finish',
  'cached',
  'reasoning',
  'status',
  'fault',
  'times',
  'rate',
  'retryAfter',
  'retryAfterForm',
  'after',
  'form',
])

/**
 * Reads the inline script of a marker; the table of its keys is in README.md.
 * @throws {Error} for a key that is not in the table, or a value out of bounds
 */
export function parseInline(inline: string): MarkerBehaviour {
  // Some JSON encoders (Go's) write "&" as an escape.
  const options = new URLSearchParams(inline.replaceAll('\\u0026', '&'))
  const unknown = [...options.keys()].filter(key => !known.has(key))
  if (unknown.length > 0) throw new Error(`unknown marker option: ${unknown.join(', ')}`)
  const fault = inlineFault(options)
  return MarkerBehaviourSchema.parse(
    defined({
      latencyMs: inlineLatency(options.get('latency')),
      outputTokens: number(options.get('tokens')),
      tokensPerSecond: number(options.get('tps')),
      answer: options.get('answer') ?? undefined,
      finishReason: options.get('finish') ?? undefined,
      cachedTokens: number(options.get('cached')),
      reasoningTokens: number(options.get('reasoning')),
      failures: fault && [{ fault, ...inlineReach(options) }],
    }),
  )
}

function inlineFault(options: URLSearchParams): object | undefined {
  const status = options.get('status')
  if (status !== null && options.get('fault') === null) {
    if (status !== '429') return { kind: 'status', status: Number(status) }
    options.set('fault', 'rate-limited')
  }
  const kind = options.get('fault')
  if (kind === null) return undefined
  return defined({
    kind,
    status: kind === 'status' ? number(status) : undefined,
    retryAfterSeconds: number(options.get('retryAfter')),
    retryAfterForm: options.get('retryAfterForm') ?? undefined,
    afterTokens: number(options.get('after')),
    form: options.get('form') ?? undefined,
  })
}

function inlineReach(options: URLSearchParams): object {
  const rate = number(options.get('rate'))
  if (rate !== undefined) return { rate }
  const times = options.get('times') ?? 'always'
  return { times: times === 'always' ? times : Number(times) }
}

/** Milliseconds, or `100..300` for a uniform latency. */
function inlineLatency(text: string | null): number | object | undefined {
  const [min, max] = text?.split('..') ?? []
  if (min === undefined || max === undefined) return number(text)
  return { distribution: 'uniform', min: Number(min), max: Number(max) }
}

function number(text: string | null): number | undefined {
  return text === null ? undefined : Number(text)
}

function defined(record: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined))
}
