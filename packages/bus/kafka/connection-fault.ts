import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { tlsFaultOf } from '@longhaul/contracts'
import type { KafkaConnection } from './connection.ts'

/**
 * Watches a connection that is being made for what its settings have to do with
 * its failure, since kafkajs tells only that it failed.
 * @param tell a fault and its remedy; undefined once a conversation took place
 */
export function watchConnection(
  socket: Socket,
  { sasl }: KafkaConnection,
  broker: string,
  tell: (fault: string | undefined) => void,
): void {
  const answers = new AnswerCount()
  const take = (bytes: Buffer) => {
    answers.take(bytes)
    // The first one only tells which requests the broker knows.
    if (answers.whole < 2) return
    socket.off('data', take)
    tell(undefined)
  }
  socket.on('data', take)
  socket.on('error', (error: NodeJS.ErrnoException) => {
    tell(socket instanceof TLSSocket ? tlsFault(error, broker, answers.whole) : error.message)
  })
  socket.on('end', () => {
    if (answers.whole > 1) return
    const closed = `${broker} closes the connection`
    if (!(socket instanceof TLSSocket) && answers.whole === 0) {
      tell(`${closed} without an answer; it may expect TLS — set KAFKA_TLS=true`)
    } else if (answers.whole === 1 && !sasl) {
      const variables = 'KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD'
      tell(`${closed} at the first request; it may expect SASL — set ${variables}`)
    }
  })
}

const LENGTH_BYTES = 4

/**
 * Counts answers, which arrive in pieces of any size: each is its length and
 * then so many bytes. The alert of a server that expects TLS is none: it would
 * begin one of 352 MiB.
 */
class AnswerCount {
  whole = 0
  #lengthBytes = 0
  /** Of the length as far as it was read, then of the answer. */
  #missing = 0

  take(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#lengthBytes < LENGTH_BYTES) {
        this.#missing = this.#missing * 256 + bytes.readUInt8(at)
        this.#lengthBytes += 1
        at += 1
      } else {
        const taken = Math.min(this.#missing, bytes.length - at)
        this.#missing -= taken
        at += taken
      }
      if (this.#lengthBytes < LENGTH_BYTES || this.#missing > 0) continue
      this.whole += 1
      this.#lengthBytes = 0
    }
  }
}

function tlsFault(error: NodeJS.ErrnoException, broker: string, answers: number): string {
  const { code, message } = error
  const isBrokenOff = code === 'ECONNRESET' && answers === 0
  const fault = tlsFaultOf(error) ?? (isBrokenOff ? 'no-tls' : undefined)
  switch (fault) {
    case 'untrusted':
      return `the certificate of ${broker} is of no authority that is trusted here (${code}) — let KAFKA_TLS_CA_FILE name that authority's`
    case 'out-of-date':
      return `the certificate of ${broker} is out of date (${code}) — renew it`
    case 'other-name':
      return `the certificate of ${broker} is for another name — let KAFKA_BROKERS and the broker's advertised.listeners use a name that is in it`
    case 'client-refused':
      return `${broker} wants a certificate of this client that it trusts (${code}) — let KAFKA_TLS_CERT_FILE and KAFKA_TLS_KEY_FILE name one`
    case 'no-tls':
      return `${broker} does not speak TLS with us (${code}) — let KAFKA_BROKERS name its port for TLS, or unset KAFKA_TLS`
    case undefined:
      return message
  }
}

/** What a broker's refusal has to do with settings; undefined when it has nothing to do with them. */
export function refusalFault(error: unknown, { sasl }: KafkaConnection): string | undefined {
  for (const { name, type, message } of chainOf(error)) {
    if (type === 'UNSUPPORTED_SASL_MECHANISM') {
      return `the broker does not take SASL ${sasl?.mechanism} on this port — set KAFKA_SASL_MECHANISM to one that it does`
    }
    if (type === 'ILLEGAL_SASL_STATE') {
      return 'the broker takes no SASL on this port — let KAFKA_BROKERS name its port for SASL, or unset KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD'
    }
    if (name === 'KafkaJSSASLAuthenticationError') {
      return `the broker refuses the user ${sasl?.username} by SASL ${sasl?.mechanism} — correct KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD or KAFKA_SASL_MECHANISM`
    }
    if (type?.endsWith('_AUTHORIZATION_FAILED')) {
      return `the broker does not allow it (${message}) — give ${sasl ? `the user ${sasl.username}` : 'this client'} the rights that the guide to clusters lists`
    }
  }
  return undefined
}

interface KafkaJsFailure {
  name?: string
  type?: string
  message?: string
  cause?: unknown
  /** Of `KafkaJSAggregateError`. */
  errors?: readonly unknown[]
}

/** Errors of many topics are one list. */
const LONGEST_CHAIN = 50

/** The error, what caused it, and what it is made of. */
function chainOf(error: unknown): KafkaJsFailure[] {
  const chain: KafkaJsFailure[] = []
  const open = [error]
  while (open.length > 0 && chain.length < LONGEST_CHAIN) {
    const next = open.shift()
    if (typeof next !== 'object' || next === null) continue
    const failure: KafkaJsFailure = next
    chain.push(failure)
    open.push(failure.cause, ...(failure.errors ?? []))
  }
  return chain
}

/** Whether it is the answer of a broker, which no connection had to do with. */
export function isAnswer(error: unknown): boolean {
  return chainOf(error).some(({ type }) => type !== undefined)
}

/** Whether Kafka refused it for that reason, under whatever it was wrapped in. */
export function isKafkaError(error: unknown, type: string): boolean {
  return chainOf(error).some(failure => failure.type === type)
}
