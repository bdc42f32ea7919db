import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type Clock, systemClock } from '@longhaul/contracts'
import type { RedisTls } from '@longhaul/redis'
import type { BreakerOptions, Coordination } from './port.ts'
import type { CoordinationLogger } from './receivers.ts'
import { Flusher } from './redis/flusher.ts'
import { Link } from './redis/link.ts'
import { SharedBreakers } from './redis/shared-breakers.ts'
import { SharedBroadcasts } from './redis/shared-broadcasts.ts'
import { type LiveReport, SharedLiveStats } from './redis/shared-live-stats.ts'
import { SharedNotes } from './redis/shared-notes.ts'
import { SharedStreams } from './redis/shared-streams.ts'
import { SharedTallies } from './redis/shared-tallies.ts'

export interface RedisCoordinationOptions {
  /** `redis://` or `rediss://`. */
  url: string
  /** PEM, for `rediss://`: whom to trust, and who this client is. */
  tls?: RedisTls
  /** Processes of one prefix (and one database of the server) share everything, those of others nothing. */
  keyPrefix: string
  /** Of breakers and averages. Those of all processes must be in step to within a second or so. */
  clock: Clock
  breaker: BreakerOptions
  logger?: CoordinationLogger
  /** Distinct among processes; default: made up. */
  instance?: string
}

/** Part of every key and channel: processes that speak another format share nothing with these. */
const FORMAT = 'v2'
/** Everything is told and asked anew so often: what got lost is there again after it. */
const TICK_MS = 1_000
/** A probe's lease; renewed with every tick. */
const LEASE_MS = 5_000
/** A listener that does not hear this process's own report for so long is deaf. */
const DEAF_MS = 5_000
/** How long opening waits for Redis, which it can do without. */
const OPEN_PATIENCE_MS = 1_000
/** As many parts as `CallWindow` has. */
const BUCKETS = 10

const BREAKERS = 'breakers'
/** Every process's own figures. */
const LIVE = 'live'
/** Before the names of broadcasts. */
const TOLD = 'told:'
/** Before the address of the process that listens for tokens. */
const TOKENS = 'tokens:'
const NOTES = 'note:'
const scripts = { longhaulBreakers: luaOf('breakers'), longhaulTallies: luaOf('tallies') }

/**
 * Coordination of all processes that name one Redis. Resolves when Redis
 * answered, or did not soon: without it every process goes on by itself.
 */
export async function openRedisCoordination(
  options: RedisCoordinationOptions,
): Promise<Coordination> {
  const coordination = new RedisCoordination(options)
  await coordination.open()
  return coordination
}

/**
 * *Alone* at first. Once both connections stand, a flush that tells everything
 * and asks after everything makes it *shared*; whatever fails afterwards makes
 * it alone again, until the next such flush. Nobody waits for Redis: reads are
 * of what is known here, and what is to be told waits for the next flush.
 */
class RedisCoordination implements Coordination {
  readonly broadcasts: SharedBroadcasts
  readonly streams: SharedStreams
  readonly live: SharedLiveStats
  readonly breakers: SharedBreakers
  readonly tallies: SharedTallies
  readonly notes: SharedNotes
  readonly #options: RedisCoordinationOptions
  readonly #logger: CoordinationLogger
  readonly #instance: string
  readonly #link: Link
  readonly #flusher: Flusher
  readonly #channelPrefix: string
  readonly #keyPrefix: string
  readonly #first = Promise.withResolvers<void>()
  #shared = false
  /** The next flush tells and asks everything, and makes it shared. */
  #joining = false
  #away: { since: number; reason: string }
  #heardAt = 0
  #cancelTick = () => {}
  #stopping: Promise<void> | undefined

  constructor(options: RedisCoordinationOptions) {
    const { clock, breaker, url, tls, logger = { warn: () => {} } } = options
    this.#options = options
    this.#logger = logger
    this.#instance = options.instance ?? randomBytes(6).toString('hex')
    this.#away = { since: systemClock.now(), reason: 'not connected yet' }
    this.#flusher = new Flusher(() => this.#flush())
    const request = (withinMs = 0) => this.#flusher.request(withinMs)
    const shared = () => this.#shared
    this.broadcasts = new SharedBroadcasts({
      logger,
      linked: () => this.#link.ready,
      request,
      listenTo: channel => this.#link.listenTo(this.#channelPrefix + TOLD + channel),
    })
    this.streams = new SharedStreams({
      address: this.#instance,
      logger,
      linked: () => this.#link.ready,
      request,
    })
    this.live = new SharedLiveStats({ clock, request })
    let leases = 0
    const newLease = () => {
      leases += 1
      return `${this.#instance}:${leases}`
    }
    this.breakers = new SharedBreakers({ clock, logger, shared, newId: newLease, request }, breaker)
    this.tallies = new SharedTallies({ request })
    this.#keyPrefix = `${options.keyPrefix}:${FORMAT}:`
    this.notes = new SharedNotes({
      clock,
      shared,
      request,
      ask: key => this.#link.get(this.#keyPrefix + NOTES + key),
    })
    this.#channelPrefix = `${options.keyPrefix}:${FORMAT}:${databaseOf(url)}:`
    this.#link = new Link({
      url,
      ...(tls && { tls }),
      scripts,
      channels: [BREAKERS, LIVE, TOKENS + this.#instance].map(
        channel => this.#channelPrefix + channel,
      ),
      ready: () => this.#resync(),
      away: reason => this.#goAlone(reason),
      receive: (channel, message) => this.#receive(channel, message),
    })
  }

  async open(): Promise<void> {
    this.#link.open()
    this.#scheduleTick()
    const cancel = systemClock.schedule(OPEN_PATIENCE_MS, this.#first.resolve)
    await this.#first.promise
    cancel()
    if (this.#shared) return
    const { reason } = this.#away
    this.#logger.warn({ reason }, 'Redis cannot be reached: coordination is of this process only')
  }

  get shared(): boolean {
    return this.#shared
  }

  /** Being alone is no reason to take no requests: that would take out all processes at once. */
  health(): { ok: boolean; detail: string } {
    if (this.#stopping !== undefined) return { ok: false, detail: 'stopped' }
    const out = this.breakers.notClosed
    const where = this.#shared
      ? `Redis: breakers, figures and broadcasts of ${this.live.peers + 1} processes`
      : `Redis is away since ${new Date(this.#away.since).toISOString()} (${this.#away.reason}): ` +
        'breakers, figures and broadcasts of this process only'
    return {
      ok: true,
      detail: out.length > 0 ? `${where}; not closed: ${out.join(', ')}` : where,
    }
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    this.#cancelTick()
    this.broadcasts.stop()
    this.streams.stop()
    this.breakers.stop()
    await this.#flusher.stop()
    this.#shared = false
    this.#link.close()
    this.#first.resolve()
  }

  /** Takes what is to be told, and tells it in one round trip. Never rejects. */
  async #flush(): Promise<void> {
    if (!this.#link.ready) return
    const pipeline = this.#link.pipeline()
    const publish = (channel: string, text: string) =>
      pipeline.publish(this.#channelPrefix + channel, `${this.#instance} ${text}`)
    // Before the news that their job has ended.
    for (const { address, message } of this.streams.drain()) publish(TOKENS + address, message)
    for (const [channel, payloads] of this.broadcasts.drain()) publish(TOLD + channel, payloads)
    const live = this.live.drain(this.#stopping !== undefined)
    if (live) publish(LIVE, JSON.stringify(live))
    for (const [key, { text, keepMs }] of this.notes.drain()) {
      pipeline.set(this.#keyPrefix + NOTES + key, text, 'PX', keepMs)
    }
    const sums = this.tallies.drain()
    if (sums.length > 0) pipeline.longhaulTallies(this.#keyPrefix, JSON.stringify(sums))
    const sumsAt = pipeline.length - 1
    const reports = this.breakers.drain()
    const joining = this.#joining
    const asks = joining || reports.length > 0
    if (asks) pipeline.longhaulBreakers(this.#settings(), JSON.stringify(reports))
    if (pipeline.length === 0) return
    try {
      const results = (await pipeline.exec()) ?? []
      const [sumsError, answer] = (sums.length > 0 && results[sumsAt]) || [null, undefined]
      // What was added may not be added again because another command failed.
      if (answer !== undefined && !sumsError) this.tallies.answered(sums.splice(0), String(answer))
      for (const [error] of results) if (error) throw error
      if (asks) this.breakers.answered(reports, String(results.at(-1)?.[1]))
      if (joining) this.#join()
    } catch (error) {
      this.tallies.failed(sums)
      this.#failed(error)
    }
  }

  #settings(): string {
    const { clock, breaker } = this.#options
    return JSON.stringify({
      ...breaker,
      prefix: this.#keyPrefix,
      channel: this.#channelPrefix + BREAKERS,
      now: clock.now(),
      joining: this.#joining,
      bucketMs: Math.max(1, breaker.windowMs / BUCKETS),
      leaseMs: LEASE_MS,
      keepMs: 2 * breaker.maxOpenForMs + breaker.windowMs,
    })
  }

  #failed(error: unknown): void {
    if (this.#stopping || !this.#link.ready) return
    this.#link.reconnect(messageOf(error))
  }

  #resync(): void {
    this.#joining = true
    this.#tellAll()
  }

  #join(): void {
    if (!this.#link.ready || this.#stopping) return
    this.#joining = false
    this.#shared = true
    this.#heardAt = systemClock.now()
    this.#first.resolve()
    const awayMs = systemClock.now() - this.#away.since
    this.#logger.info?.({ awayMs }, 'coordination is shared through Redis')
  }

  #goAlone(reason: string): void {
    if (this.#stopping) return
    const { since } = this.#away
    this.#away = { since: this.#shared ? systemClock.now() : since, reason }
    this.#first.resolve()
    if (!this.#shared) return
    this.#shared = false
    this.broadcasts.forgetWaiting()
    this.streams.forgetWaiting()
    this.notes.forgetWaiting()
    this.breakers.goAlone()
    this.#logger.warn({ reason }, 'Redis is away: coordination is of this process only')
  }

  #tellAll(): void {
    this.live.tellAll()
    this.breakers.tellAll()
    this.tallies.tellAll()
    this.#flusher.request()
  }

  #scheduleTick(): void {
    this.#cancelTick = systemClock.schedule(TICK_MS, () => {
      this.#tick()
      this.#scheduleTick()
    })
  }

  #tick(): void {
    this.live.tick()
    if (!this.#shared) return
    if (systemClock.now() - this.#heardAt > DEAF_MS) {
      this.#link.reconnect('it hears nothing')
      return
    }
    this.breakers.tick()
    this.#tellAll()
  }

  #receive(channel: string, message: string): void {
    if (this.#stopping) return
    try {
      this.#understand(channel.slice(this.#channelPrefix.length), message)
    } catch (error) {
      this.#logger.warn({ err: error, channel }, 'a broadcast cannot be read')
    }
  }

  #understand(channel: string, message: string): void {
    if (channel === BREAKERS) {
      this.breakers.receive(message)
      return
    }
    const end = message.indexOf(' ')
    const instance = message.slice(0, end)
    if (instance === this.#instance) {
      this.#heardAt = systemClock.now()
      return
    }
    const text = message.slice(end + 1)
    if (channel === LIVE) this.live.receive(instance, JSON.parse(text) as LiveReport)
    else if (channel.startsWith(TOKENS)) this.streams.receive(text)
    else this.broadcasts.receive(channel.slice(TOLD.length), text)
  }
}

function luaOf(name: string): string {
  return readFileSync(new URL(`./redis/${name}.lua`, import.meta.url), 'utf8')
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Channels know no databases, unlike keys. */
function databaseOf(url: string): string {
  return new URL(url).pathname.slice(1) || '0'
}
