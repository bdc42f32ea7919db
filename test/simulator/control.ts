import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import {
  type Behaviour,
  BehaviourSchema,
  type MarkerBehaviour,
  MarkerBehaviourSchema,
} from './behaviour.ts'
import type { CallCounts, LoggedCall } from './calls.ts'
import { sendJson } from './send-json.ts'

/** What other processes may do over HTTP, under `/__sim/`. */
export interface Controllable {
  readonly calls: CallCounts
  readonly log: LoggedCall[]
  script(model: string, behaviour: Behaviour): void
  scriptMarker(marker: string, behaviour: MarkerBehaviour): void
  reset(): void
}

const ScriptSchema = z.union([
  z.strictObject({ model: z.string(), behaviour: BehaviourSchema }),
  z.strictObject({ marker: z.string(), behaviour: MarkerBehaviourSchema }),
])

export const controlPrefix = '/__sim/'

export function control(
  simulator: Controllable,
  message: IncomingMessage,
  response: ServerResponse,
  body: string,
): void {
  const url = new URL(message.url ?? '/', 'http://simulator')
  switch (`${message.method} ${url.pathname}`) {
    case 'GET /__sim/calls':
      sendJson(response, 200, describeCalls(simulator, url.searchParams))
      break
    case 'POST /__sim/script':
      script(simulator, response, body)
      break
    case 'POST /__sim/reset':
      simulator.reset()
      sendJson(response, 200, { reset: true })
      break
    default:
      sendJson(response, 404, { error: `no such control: ${message.method} ${url.pathname}` })
  }
}

function describeCalls({ calls, log }: Controllable, query: URLSearchParams): object {
  const wanted = query.getAll('marker')
  const markers = query.has('markers')
    ? Object.fromEntries(calls.byMarker)
    : Object.fromEntries(wanted.map(marker => [marker, calls.of(marker)]))
  return {
    total: calls.total,
    inFlight: calls.inFlight,
    maxInFlight: calls.maxInFlight,
    aborted: calls.aborted,
    distinctMarkers: calls.byMarker.size,
    byModel: Object.fromEntries(calls.byModel),
    ...((query.has('markers') || wanted.length > 0) && { byMarker: markers }),
    ...(query.has('log') && { log }),
  }
}

function script(simulator: Controllable, response: ServerResponse, body: string): void {
  try {
    const wanted = ScriptSchema.parse(JSON.parse(body))
    if ('model' in wanted) simulator.script(wanted.model, wanted.behaviour)
    else simulator.scriptMarker(wanted.marker, wanted.behaviour)
    sendJson(response, 200, { scripted: true })
  } catch (error) {
    sendJson(response, 400, { error: String(error) })
  }
}
