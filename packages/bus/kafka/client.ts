import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import { type ISocketFactory, Kafka, type KafkaConfig, type LogEntry, logLevel } from 'kafkajs'
import type { KafkaConnection } from './connection.ts'
import { isAnswer, refusalFault, watchConnection } from './connection-fault.ts'
import { onlyCheckWhatIsPending } from './pending-requests.ts'

onlyCheckWhatIsPending()

export interface KafkaLogger {
  warn(fields: object, text: string): void
}

/** Takes what kafkajs has to say. */
export type KafkaJsLog = (entry: LogEntry) => void

const CONNECTION_TIMEOUT_MS = 3_000
const REQUEST_TIMEOUT_MS = 10_000
const KEEP_ALIVE_MS = 30_000
/** Of every part of kafkajs one line in this time: it tells each failed attempt. */
const LOG_EVERY_MS = 30_000

/**
 * Retries of what kafkajs does by itself, at most a second apart: for longer
 * than a broker takes to start again. It would give up a consumer's membership
 * otherwise, and the others would have to wait until its session has ended.
 */
const patient = { initialRetryTime: 100, maxRetryTime: 1_000, factor: 0.2, multiplier: 2 }
export const patientRetries = { ...patient, retries: 60 }
/** For what somebody waits for. */
export const fewRetries = { ...patient, retries: 2 }

/**
 * One client of kafkajs, with connections of its own, that can be ended for
 * good. kafkajs itself goes on retrying what was under way when it is
 * disconnected, and even connects again for it.
 *
 * Consumers must not share one: within a client, those of one group share their
 * committed offsets.
 */
export class KafkaClient {
  readonly kafka: Kafka
  readonly #connection: KafkaConnection
  readonly #sockets = new Set<Socket>()
  #connectionFault: string | undefined
  #ended = false

  constructor(connection: KafkaConnection, log: KafkaJsLog, retry: typeof patientRetries) {
    const { brokers, clientId, tls, sasl } = connection
    this.#connection = connection
    const config: KafkaConfig = {
      clientId,
      // No brokers: the one failure to connect that is not tried again.
      brokers: () => (this.#ended ? [] : [...brokers]),
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      retry,
      socketFactory: this.#connect,
      logLevel: logLevel.ERROR,
      logCreator: () => entry => {
        if (!this.#ended) log(entry)
      },
      ...(tls && { ssl: tls === true ? true : { ...tls } }),
      ...(sasl && { sasl: { ...sasl } as NonNullable<KafkaConfig['sasl']> }),
    }
    this.kafka = new Kafka(config)
  }

  /** Why it failed, and the setting that mends it where one does. */
  explain(error: unknown): string {
    const refusal = refusalFault(error, this.#connection)
    const fault = refusal ?? (isAnswer(error) ? undefined : this.#connectionFault)
    if (fault !== undefined) return fault
    return error instanceof Error ? error.message : String(error)
  }

  /** Whatever is under way fails, and nothing begins any more. */
  end(): void {
    this.#ended = true
    // With an error, since kafkajs does not notice sockets that only close.
    for (const socket of this.#sockets) socket.destroy(new Error('the client was ended'))
  }

  readonly #connect: ISocketFactory = ({ host, port, ssl, onConnect }) => {
    if (this.#ended) throw new Error('the client was ended')
    const socket = ssl
      ? connectTls({ host, port, ...serverName(host), ...(ssl as ConnectionOptions) }, onConnect)
      : connectTcp({ host, port }, onConnect)
    socket.setKeepAlive(true, KEEP_ALIVE_MS)
    socket.setNoDelay(true)
    watchConnection(socket, this.#connection, `${host}:${port}`, fault => {
      if (!this.#ended) this.#connectionFault = fault
    })
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    return socket
  }
}

function serverName(host: string): { servername?: string } {
  return isIP(host) ? {} : { servername: host }
}

export function kafkaJsLog(logger: KafkaLogger): KafkaJsLog {
  const toldAt = new Map<string, number>()
  return ({ namespace, log }) => {
    const now = performance.now()
    if (now - (toldAt.get(namespace) ?? Number.NEGATIVE_INFINITY) < LOG_EVERY_MS) return
    toldAt.set(namespace, now)
    const { broker, groupId, error } = log
    logger.warn({ part: namespace, broker, groupId, error }, log.message)
  }
}
