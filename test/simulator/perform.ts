import { refuseAfterLatency } from './admission.ts'
import {
  type Answer,
  type AnswerIdentity,
  answerPieces,
  composeAnswer,
  writingMs,
} from './answer.ts'
import type { Behaviour, Fault } from './behaviour.ts'
import type { Exchange } from './exchange.ts'
import type { StreamFrames, WireFormat } from './formats/port.ts'
import type { Refusal } from './refusal.ts'
import type { AnswerRequest } from './request.ts'

export interface Performance {
  exchange: Exchange
  format: WireFormat
  request: AnswerRequest
  behaviour: Behaviour
  fault: Fault | undefined
  latencyMs: number
  identity: AnswerIdentity
  requestId: string
  clock: () => number
}

export function refuse(performance: Performance, refusal: Refusal): void {
  const { exchange, format, requestId } = performance
  const body = refusal.body ?? JSON.stringify(format.error(refusal, requestId))
  exchange.sendJson(refusal.status, body, refusal.headers)
}

/** Answers an admitted call, as its behaviour and its fault say. */
export function perform(performance: Performance): void {
  const { exchange, fault, latencyMs, format, request } = performance
  const refusal = fault && refuseAfterLatency(fault)
  if (refusal) exchange.wait(latencyMs, () => refuse(performance, refusal))
  else if (fault?.kind === 'hang') exchange.hold()
  else if (fault?.kind === 'reset') exchange.wait(latencyMs, () => exchange.drop('reset'))
  else if (request.stream && format.stream) performStream(performance)
  else performWhole(performance)
}

function compose({ request, behaviour, identity, fault }: Performance): Answer {
  const answer = composeAnswer(request, behaviour, identity)
  if (fault?.kind !== 'content-policy') return answer
  return { ...answer, text: '', toolCall: undefined, finish: 'content-filter' }
}

function performWhole(performance: Performance): void {
  const { exchange, behaviour, format, request, fault, latencyMs } = performance
  const answer = compose(performance)
  const body = JSON.stringify(format.whole(answer, request))
  exchange.wait(latencyMs + writingMs(answer, behaviour), () => {
    switch (fault?.kind) {
      case 'malformed-json':
        exchange.sendJson(200, body.slice(0, body.length / 2))
        break
      case 'cut-mid-stream':
        exchange.sendHalf(200, body, () => exchange.drop('close'))
        break
      case 'stall-mid-stream':
        exchange.sendHalf(200, body, () => {})
        break
      case 'error-mid-stream':
        refuse(performance, midStreamError)
        break
      default:
        exchange.sendJson(200, body)
    }
  })
}

const midStreamError: Refusal = {
  kind: 'status',
  status: 500,
  message: 'The server had an error while processing your request.',
}

function performStream(performance: Performance): void {
  const { exchange, behaviour, format, request, latencyMs } = performance
  const answer = compose(performance)
  const frames = format.stream?.(answer, request)
  if (!frames) return
  exchange.wait(latencyMs, () => {
    exchange.openStream()
    const pieces = answerPieces(answer)
    streamPieces(performance, {
      frames,
      pieces,
      msPerPiece: writingMs(answer, behaviour) / Math.max(1, pieces.length),
      last: piecesToSend(performance.fault, pieces.length),
    })
  })
}

/** How many pieces to send: all of them, unless a mid-stream fault strikes. */
function piecesToSend(fault: Fault | undefined, pieces: number): number {
  switch (fault?.kind) {
    case 'cut-mid-stream':
    case 'error-mid-stream':
    case 'stall-mid-stream':
      return Math.min(pieces, fault.afterTokens ?? 1)
    case 'malformed-json':
      return Math.min(pieces, 1)
    default:
      return pieces
  }
}

interface PacedStream {
  frames: StreamFrames
  pieces: string[]
  msPerPiece: number
  last: number
}

/** Sends each piece when it is due; several at once when they are due together. */
function streamPieces(performance: Performance, stream: PacedStream): void {
  const { exchange, clock } = performance
  const { frames, pieces, msPerPiece, last } = stream
  const startMs = clock()
  let sent = 0
  let text = frames.head
  const advance = () => {
    const due = msPerPiece === 0 ? last : Math.floor((clock() - startMs) / msPerPiece + 0.01)
    for (; sent < Math.min(due, last); sent += 1) text += frames.piece(pieces[sent] ?? '')
    if (sent === last) {
      endStream(performance, stream, text)
      return
    }
    if (text !== '') exchange.write(text)
    text = ''
    exchange.wait(Math.max(1, startMs + (sent + 1) * msPerPiece - clock()), advance)
  }
  advance()
}

function endStream(performance: Performance, stream: PacedStream, text: string): void {
  const { exchange, fault, format, requestId } = performance
  switch (fault?.kind) {
    case 'cut-mid-stream':
      exchange.write(text, () => exchange.drop('close'))
      break
    case 'error-mid-stream':
      exchange.closeStream(text + format.streamError(midStreamError, requestId))
      break
    case 'malformed-json':
      exchange.closeStream(`${text}data: {"id":"chatcmpl-\n\n${stream.frames.tail()}`)
      break
    case 'stall-mid-stream':
      exchange.write(text)
      break
    default:
      exchange.closeStream(text + stream.frames.tail())
  }
}
