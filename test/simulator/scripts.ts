import {
  type Behaviour,
  BehaviourSchema,
  type Fault,
  type MarkerBehaviour,
  MarkerBehaviourSchema,
} from './behaviour.ts'
import { chooseFault } from './failures.ts'
import { type Marker, parseInline } from './marker.ts'
import type { Random } from './random.ts'
import { TokenBucket } from './token-bucket.ts'

/** A behaviour with what it has counted so far. */
interface Script<B> {
  readonly behaviour: B
  calls: number
}

/** A model's behaviour with its limits, which hold over all its calls. */
export interface ModelScript extends Script<Behaviour> {
  /** False for a model that lives by the behaviour of any model. */
  readonly named: boolean
  readonly bucket: TokenBucket | undefined
  readonly callsByMarker: Map<string, number>
  inFlight: number
}

/** The behaviour that applies to one call, and the fault that strikes it. */
export interface Directive {
  model: ModelScript
  behaviour: Behaviour
  fault: Fault | undefined
}

/** The behaviour of models that have none of their own. */
const anyModel = '*'

/** Which behaviour applies to which call: inline beats marker beats model, field by field. */
export class ScriptBook {
  readonly #random: Random
  readonly #initial: Record<string, Behaviour>
  readonly #models = new Map<string, ModelScript>()
  readonly #markers = new Map<string, Script<MarkerBehaviour>>()
  readonly #inline = new Map<string, Script<MarkerBehaviour>>()

  constructor(dependencies: { random: Random }, models: Record<string, Behaviour>) {
    this.#random = dependencies.random
    this.#initial = models
    this.reset()
  }

  /** Back to the behaviours given at the start, with all counts at zero. */
  reset(): void {
    this.#models.clear()
    this.#markers.clear()
    this.#inline.clear()
    for (const [model, behaviour] of Object.entries(this.#initial)) {
      this.scriptModel(model, behaviour)
    }
  }

  /** The models that have a behaviour of their own. */
  modelNames(): string[] {
    const named = [...this.#models].filter(([name, { named }]) => named && name !== anyModel)
    return named.map(([name]) => name)
  }

  /** @throws {ZodError} for a behaviour that is not one */
  scriptModel(model: string, behaviour: Behaviour): void {
    this.#models.set(model, openModelScript(BehaviourSchema.parse(behaviour), true))
    if (model !== anyModel) return
    for (const [name, script] of this.#models) {
      if (!script.named) this.#models.delete(name)
    }
  }

  /** @throws {ZodError} for a behaviour that is not one */
  scriptMarker(marker: string, behaviour: MarkerBehaviour): void {
    this.#markers.set(marker, { behaviour: MarkerBehaviourSchema.parse(behaviour), calls: 0 })
  }

  /**
   * Counts the call and says how it is answered.
   * @throws {Error} when the marker's inline script is not one
   */
  direct(modelName: string, marker: Marker | undefined): Directive {
    const model = this.#model(modelName)
    model.calls += 1
    if (marker === undefined) {
      return { model, behaviour: model.behaviour, fault: this.#modelFault(model, undefined) }
    }
    const scripted = this.#markers.get(marker.name)
    const inline = marker.inline === undefined ? undefined : this.#inlineScript(marker)
    if (scripted) scripted.calls += 1
    if (inline) inline.calls += 1
    const specific = [inline, scripted].find(script => script?.behaviour.failures)
    return {
      model,
      behaviour:
        inline || scripted
          ? { ...model.behaviour, ...scripted?.behaviour, ...inline?.behaviour }
          : model.behaviour,
      fault: specific
        ? chooseFault(specific.behaviour.failures ?? [], specific.calls, this.#random)
        : this.#modelFault(model, marker.name),
    }
  }

  #model(name: string): ModelScript {
    let script = this.#models.get(name)
    if (!script) {
      script = openModelScript(this.#models.get(anyModel)?.behaviour ?? {}, false)
      this.#models.set(name, script)
    }
    return script
  }

  #inlineScript(marker: Marker): Script<MarkerBehaviour> {
    const key = `${marker.name}?${marker.inline}`
    let script = this.#inline.get(key)
    if (!script) {
      script = { behaviour: parseInline(marker.inline ?? ''), calls: 0 }
      this.#inline.set(key, script)
    }
    return script
  }

  #modelFault(model: ModelScript, marker: string | undefined): Fault | undefined {
    const { failures, failuresPer } = model.behaviour
    if (!failures) return undefined
    if (failuresPer !== 'marker' || marker === undefined) {
      return chooseFault(failures, model.calls, this.#random)
    }
    const calls = (model.callsByMarker.get(marker) ?? 0) + 1
    model.callsByMarker.set(marker, calls)
    return chooseFault(failures, calls, this.#random)
  }
}

function openModelScript(behaviour: Behaviour, named: boolean): ModelScript {
  const limit = behaviour.hiddenRateLimit
  return {
    behaviour,
    named,
    calls: 0,
    inFlight: 0,
    callsByMarker: new Map(),
    bucket: limit && new TokenBucket(limit.requestsPerSecond, limit.burst ?? 1),
  }
}
