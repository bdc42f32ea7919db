import type { Clock } from '@longhaul/contracts'
import type { Admin } from 'kafkajs'
import { BusUnavailableError } from '../port.ts'
import { fewRetries, KafkaClient, type KafkaJsLog } from './client.ts'
import type { KafkaConnection } from './connection.ts'

export interface AdminDependencies {
  clock: Clock
  log: KafkaJsLog
}

interface Connected {
  client: KafkaClient
  admin: Promise<Admin>
}

/**
 * A connection for questions, made when it is needed, and anew after every
 * failure: kafkajs asks for all topics that it ever heard of, so that one that
 * was deleted would spoil every answer.
 */
export class KafkaAdmin {
  readonly #connection: KafkaConnection
  readonly #dependencies: AdminDependencies
  #connected: Connected | undefined
  #stopped = false

  constructor(connection: KafkaConnection, dependencies: AdminDependencies) {
    this.#connection = connection
    this.#dependencies = dependencies
  }

  /** @throws {BusUnavailableError} after `timeoutMs` at the latest, also when the broker refused */
  async ask<T>(timeoutMs: number, question: (admin: Admin) => Promise<T>): Promise<T> {
    if (this.#stopped) throw new BusUnavailableError('it was stopped')
    this.#connected ??= this.#connect()
    const connected = this.#connected
    try {
      return await this.#within(timeoutMs, connected.admin.then(question))
    } catch (error) {
      const detail = connected.client.explain(error)
      this.#abandon(connected)
      throw new BusUnavailableError(detail, { cause: error })
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    if (this.#connected) this.#abandon(this.#connected)
  }

  #connect(): Connected {
    const client = new KafkaClient(this.#connection, this.#dependencies.log, fewRetries)
    const admin = client.kafka.admin()
    return { client, admin: admin.connect().then(() => admin) }
  }

  #abandon(connected: Connected): void {
    if (this.#connected === connected) this.#connected = undefined
    connected.client.end()
  }

  #within<T>(timeoutMs: number, answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const cancel = this.#dependencies.clock.schedule(timeoutMs, () =>
        reject(new Error(`no answer within ${timeoutMs} ms`)),
      )
      answer.then(resolve, reject).finally(cancel)
    })
  }
}
