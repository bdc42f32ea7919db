import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { loadTokenizer } from '@longhaul/tokenizer'
import { refuseAtDoor } from './admission.ts'
import type { Behaviour, MarkerBehaviour } from './behaviour.ts'
import { type CallCounts, CallRegistry, type LoggedCall } from './calls.ts'
import { control, controlPrefix } from './control.ts'
import { Exchange } from './exchange.ts'
import type { WireFormat } from './formats/port.ts'
import { formatOf, modelList, openAi } from './formats/routes.ts'
import { sampleLatencyMs } from './latency.ts'
import { findMarker, type Marker } from './marker.ts'
import { type Performance, perform, refuse } from './perform.ts'
import { type Random, seededRandom } from './random.ts'
import { invalid, type Refusal } from './refusal.ts'
import { asObject, type CountTokens, type JsonObject } from './request.ts'
import { type Directive, ScriptBook } from './scripts.ts'
import { sendJson } from './send-json.ts'

export interface SimulatorOptions {
  /** 0, the default, takes any free port. */
  port?: number
  host?: string
  /** Behaviour by model name; `*` is that of any other model. */
  models?: Record<string, Behaviour>
  /** Same seed and same order of calls: same latencies, same random faults. */
  seed?: number
  /** Recent calls that `log` keeps; 1000 unless given. */
  logLimit?: number
}

export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const tokenizer = await loadTokenizer()
  const simulator = new Simulator(options, text => tokenizer.count(text))
  await simulator.listen(options.port ?? 0, options.host ?? '127.0.0.1')
  return simulator
}

const { timeOrigin } = performance
const clock = () => timeOrigin + performance.now()

/** A model server whose behaviour is scripted and whose calls are counted. */
export class Simulator {
  readonly #countTokens: CountTokens
  readonly #seed: number
  readonly #random: Random
  readonly #scripts: ScriptBook
  readonly #registry: CallRegistry
  readonly #server: Server
  #sequence = 0
  #origin = ''

  constructor(options: SimulatorOptions, countTokens: CountTokens) {
    this.#countTokens = countTokens
    this.#seed = options.seed ?? 1
    this.#random = seededRandom(this.#seed)
    this.#scripts = new ScriptBook({ random: this.#random }, options.models ?? {})
    this.#registry = new CallRegistry({ clock }, { logLimit: options.logLimit ?? 1_000 })
    this.#server = createServer(
      { noDelay: true, keepAliveTimeout: 120_000, requestTimeout: 0, maxHeaderSize: 65_536 },
      (message, response) => this.#receive(message, response),
    )
  }

  /** `http://host:port` */
  get origin(): string {
    return this.#origin
  }

  /** What an OpenAI client takes as its base URL. An Anthropic client takes `origin`. */
  get url(): string {
    return `${this.#origin}/v1`
  }

  get calls(): CallCounts {
    return this.#registry
  }

  /** The recent calls, oldest first. */
  get log(): LoggedCall[] {
    return this.#registry.log()
  }

  callsOf(marker: string): number {
    return this.#registry.of(marker)
  }

  /**
   * Replaces a model's behaviour and starts its counted failures anew.
   * @throws {ZodError} for a behaviour that is not one
   */
  script(model: string, behaviour: Behaviour): void {
    this.#scripts.scriptModel(model, behaviour)
  }

  /**
   * Sets the behaviour of prompts that carry `[[marker]]`; it wins over the model's.
   * @throws {ZodError} for a behaviour that is not one
   */
  scriptMarker(marker: string, behaviour: MarkerBehaviour): void {
    this.#scripts.scriptMarker(marker, behaviour)
  }

  /**
   * Resolves once the predicate holds; it is asked whenever a call begins,
   * ends or aborts. Rejects when the signal aborts or the simulator closes.
   */
  waitFor(predicate: (calls: CallCounts) => boolean, signal?: AbortSignal): Promise<void> {
    return this.#registry.waitFor(predicate, signal)
  }

  /** Back to the behaviours given at the start, with no calls. Open calls run on, uncounted. */
  reset(): void {
    this.#scripts.reset()
    this.#registry.reset()
  }

  async listen(port: number, host: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#server.once('error', reject)
    this.#server.listen(port, host, 4_096, resolve)
    await promise
    this.#server.off('error', reject)
    const address = this.#server.address() as AddressInfo
    this.#origin = `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`
  }

  /** Destroys open calls and frees the port; safe to call twice. */
  async close(): Promise<void> {
    this.#registry.close(new Error('the simulator was closed'))
    if (!this.#server.listening) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#server.close(() => resolve())
    this.#server.closeAllConnections()
    await promise
  }

  #receive(message: IncomingMessage, response: ServerResponse): void {
    let body: Buffer | undefined
    let rest: Buffer[] | undefined
    message.on('data', (chunk: Buffer) => {
      if (rest) rest.push(chunk)
      else if (body) rest = [body, chunk]
      else body = chunk
    })
    message.on('end', () => {
      const whole = rest ? Buffer.concat(rest) : body
      this.#dispatch(message, response, whole?.toString() ?? '')
    })
  }

  #dispatch(message: IncomingMessage, response: ServerResponse, text: string): void {
    const path = message.url ?? '/'
    const format = message.method === 'POST' ? formatOf(path) : undefined
    if (format) {
      this.#call(format, message, response, text)
    } else if (path.startsWith(controlPrefix)) {
      control(this, message, response, text)
    } else if (message.method === 'GET' && path.endsWith('/models')) {
      sendJson(response, 200, modelList(this.#scripts.modelNames()))
    } else {
      const unknown = `Invalid URL (${message.method} ${path})`
      sendError(response, openAi, { kind: 'unknown-path', status: 404, message: unknown })
    }
  }

  #call(format: WireFormat, message: IncomingMessage, response: ServerResponse, text: string) {
    const marker = findMarker(text)
    let body: JsonObject
    let directive: Directive
    try {
      body = asObject(JSON.parse(text))
      directive = this.#scripts.direct(String(body.model), marker)
    } catch (error) {
      return sendError(response, format, invalid(String(error)))
    }
    const performance = this.#open({ format, message, response, body, marker, directive })
    const refusal = refuseAtDoor(directive, performance.request, message, clock())
    try {
      if (refusal) refuse(performance, refusal)
      else perform(performance)
    } catch (error) {
      // An `answer` function, or a schema that no example can be made for.
      refuse(performance, { kind: 'status', status: 500, message: String(error) })
    }
  }

  /** Counts the call and gathers what its answer needs. */
  #open(arrival: Arrival): Performance {
    const { format, message, response, body, marker, directive } = arrival
    this.#sequence += 1
    const request = format.read(body, this.#countTokens)
    const call = this.#registry.begin(
      { marker: marker?.name, model: request.model, path: message.url ?? '/' },
      message.headers,
    )
    call.fault = directive.fault?.kind
    const requestId = `req_sim${this.#sequence}`
    const headers = [format.requestIdHeader, requestId]
    if (directive.behaviour.headers)
      headers.push(...Object.entries(directive.behaviour.headers).flat())
    const { model, behaviour, fault } = directive
    return {
      exchange: new Exchange({ response, registry: this.#registry, call, model, headers }),
      format,
      request: {
        ...request,
        marker: marker?.name,
        callNumber: marker ? this.#registry.of(marker.name) : model.calls,
      },
      behaviour,
      fault,
      latencyMs: sampleLatencyMs(behaviour.latencyMs, this.#random),
      identity: {
        id: `sim${this.#sequence}`,
        createdAtSeconds: Math.floor(call.at / 1_000),
        seed: this.#seed,
        countTokens: this.#countTokens,
      },
      requestId,
      clock,
    }
  }
}

interface Arrival {
  format: WireFormat
  message: IncomingMessage
  response: ServerResponse
  body: JsonObject
  marker: Marker | undefined
  directive: Directive
}

function sendError(response: ServerResponse, format: WireFormat, refusal: Refusal): void {
  sendJson(response, refusal.status, format.error(refusal, 'req_sim'))
}
