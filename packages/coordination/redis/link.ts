import { systemClock } from '@longhaul/contracts'
import { EnduringConnector, type RedisTls } from '@longhaul/redis'
import { type ClientContext, Redis, type RedisOptions, type Result } from 'ioredis'
import { linkFault, UNANSWERED } from './link-fault.ts'

declare module 'ioredis' {
  interface RedisCommander<Context extends ClientContext> {
    /** `breakers.lua`. */
    longhaulBreakers(settings: string, reports: string): Result<string, Context>
    /** `tallies.lua`. */
    longhaulTallies(prefix: string, sums: string): Result<string, Context>
  }
}

export interface LinkOptions {
  url: string
  tls?: RedisTls
  /** Lua, by the command that runs it. */
  scripts: Record<'longhaulBreakers' | 'longhaulTallies', string>
  /** To be listened to from the start; `listenTo` adds others. */
  channels: readonly string[]
  /** Both connections stand, and the channels are subscribed to. */
  ready: () => void
  /** One of the connections was lost, or could not be made. */
  away: (reason: string) => void
  receive: (channel: string, message: string) => void
}

const CONNECT_TIMEOUT_MS = 2_000
/** A server that forks or writes may pause for a second. */
const COMMAND_TIMEOUT_MS = 2_000
const DISCONNECT_TIMEOUT_MS = 500
const FIRST_RETRY_MS = 50
const LONGEST_RETRY_MS = 2_000

/** A server that refuses is not asked again at once. */
const RECONNECT_AFTER_MS = 500

/** Nothing is queued while a connection is away, so memory stays bounded, and each command has its time. */
const CONNECTION: RedisOptions = {
  Connector: EnduringConnector,
  lazyConnect: true,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  autoResubscribe: false,
  maxRetriesPerRequest: 0,
  disableClientInfo: true,
  connectTimeout: CONNECT_TIMEOUT_MS,
  commandTimeout: COMMAND_TIMEOUT_MS,
  disconnectTimeout: DISCONNECT_TIMEOUT_MS,
  keepAlive: 10_000,
  retryStrategy: times => Math.min(FIRST_RETRY_MS * 2 ** Math.min(times - 1, 10), LONGEST_RETRY_MS),
}

/**
 * Two connections to Redis, one for commands and one that listens, which are
 * made again for ever.
 */
export class Link {
  readonly #options: LinkOptions
  readonly #commands: Redis
  readonly #listener: Redis
  readonly #channels: Set<string>
  #listening = false
  /** A setting that is wrong: what fails in consequence tells less. */
  #fault: string | undefined
  /** Connections that were made, and nothing came of them yet. */
  readonly #unanswered = new Set<Redis>()
  #ready = false
  /** It has been ready once: the settings are right. */
  #proven = false
  #cancelReconnect = () => {}

  constructor(options: LinkOptions) {
    this.#options = options
    this.#channels = new Set(options.channels)
    const { url, tls } = options
    const connection = { ...CONNECTION, ...(tls && { tls: { ...tls } }) }
    this.#commands = new Redis(url, { ...connection, connectionName: 'coordination' })
    for (const [name, lua] of Object.entries(options.scripts)) {
      this.#commands.defineCommand(name, { numberOfKeys: 0, lua })
    }
    this.#listener = new Redis(url, { ...connection, connectionName: 'broadcasts' })
    for (const each of [this.#commands, this.#listener]) {
      each.on('error', error => this.#failed(error))
      each.on('connect', () => this.#unanswered.add(each))
      each.on('ready', () => this.#unanswered.delete(each))
      each.on('close', () => this.#closed(each))
    }
    this.#commands.on('ready', () => this.#check())
    this.#listener.on('ready', () => void this.#listen())
    this.#listener.on('close', () => {
      this.#listening = false
    })
    this.#listener.on('message', options.receive)
  }

  open(): void {
    for (const connection of [this.#commands, this.#listener]) connection.connect().catch(ignore)
  }

  get ready(): boolean {
    return this.#ready
  }

  /** From now on, and after every reconnection. */
  listenTo(channel: string): void {
    if (this.#channels.has(channel)) return
    this.#channels.add(channel)
    if (this.#listener.status === 'ready') void this.#subscribe([channel])
  }

  /** Rejects while it is away, or after the time that a command has. */
  get(key: string): Promise<string | null> {
    return this.#commands.get(key)
  }

  pipeline(): ReturnType<Redis['pipeline']> {
    return this.#commands.pipeline()
  }

  /** Both connections anew, soon: one of them hangs, or leads to a server that refuses. */
  reconnect(reason: string): void {
    this.#lost(reason)
    this.#cancelReconnect()
    this.#cancelReconnect = systemClock.schedule(RECONNECT_AFTER_MS, () => {
      this.#unanswered.clear() // it is we who close them
      this.#commands.disconnect(true)
      this.#listener.disconnect(true)
    })
  }

  close(): void {
    this.#ready = false
    this.#cancelReconnect()
    this.#commands.disconnect()
    this.#listener.disconnect()
  }

  async #listen(): Promise<void> {
    if (!(await this.#subscribe([...this.#channels]))) return
    this.#listening = true
    this.#check()
  }

  async #subscribe(channels: readonly string[]): Promise<boolean> {
    try {
      await this.#listener.subscribe(...channels)
      return true
    } catch {
      this.#listener.disconnect(true)
      return false
    }
  }

  #check(): void {
    if (this.#ready || !this.#listening || this.#commands.status !== 'ready') return
    this.#ready = true
    this.#proven = true
    this.#fault = undefined
    this.#options.ready()
  }

  #failed(error: NodeJS.ErrnoException): void {
    const fault = linkFault(error, this.#options.url)
    if (fault !== undefined || error.code !== undefined) this.#fault = fault
    this.#lost(this.#fault ?? error.message)
  }

  #closed(connection: Redis): void {
    const mayWantTls = !this.#proven && this.#options.url.startsWith('redis:')
    if (this.#unanswered.delete(connection) && mayWantTls) this.#fault ??= UNANSWERED
    this.#lost(this.#fault ?? 'the connection was closed')
  }

  #lost(reason: string): void {
    this.#ready = false
    this.#options.away(reason)
  }
}

/** The event `error` tells as well. */
function ignore(): void {}
