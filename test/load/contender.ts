export interface NamedProcess {
  readonly name: string
  readonly pid: number
}

/** @throws {Error} it does not run */
export function named(name: string, pid: number | undefined): NamedProcess {
  if (pid === undefined) throw new Error(`${name} does not run`)
  return { name, pid }
}

/** A system under load: takes jobs by HTTP, calls the simulator, records results in Postgres. */
export interface Contender {
  readonly name: string
  /** Its own; the load generator, the models and the servers are not among them. */
  readonly processes: readonly NamedProcess[]
  /** What it stands on beside Postgres. */
  readonly servers: readonly NamedProcess[]
  readonly intake: Intake
  start(): Promise<void>
  /** Jobs whose result is recorded. */
  recorded(): Promise<number>
  /** Nothing is left to do for it, webhooks included. */
  settled(): Promise<boolean>
  /** Seconds from acceptance to recorded result, of jobs accepted since then (epoch milliseconds). */
  finishSeconds(since: number): Promise<number[]>
  stop(): Promise<void>
}

export interface Intake {
  bulkUrl: string
  singleUrl: string
  apiKey: string
  /** One job in so many asks for a webhook; 0: none. */
  webhookEvery: number
}

/** Longhaul, in one process or in many: a contender for batches too, and one that can be killed. */
export interface LonghaulServer extends Contender {
  /** Where OpenAI's clients find it, without `/v1`. */
  readonly url: string
  readonly apiKey: string
  /** As `kill -9` does, all its processes at once. */
  kill(): Promise<void>
}
