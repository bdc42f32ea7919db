/** A system under load: takes jobs by HTTP, calls the simulator, records results in Postgres. */
export interface Contender {
  readonly name: string
  /** Of its own processes; the load generator, the models and Postgres are not among them. */
  readonly pids: readonly number[]
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
