/** What `programs/driver.ts` is told to do, as JSON. */
export interface DriverTask {
  brokers: string[]
  topic: string
  client: 'longhaul' | 'kafkajs'
  work: Publishing | Consuming
  /** Messages that are measured; a share of them comes before, unmeasured. */
  messages: number
}

export interface Publishing {
  kind: 'publish'
  /** Each publishes its next message when its last one is acknowledged. */
  callers: number
  /** Messages that a caller gives to kafkajs at once. */
  perSend: number
}

export interface Consuming {
  kind: 'consume'
  /** Its own: it reads the topic from the beginning. */
  group: string
}

/** What it prints when what comes before is done, and measuring begins. */
export const BEGUN = 'begun'

/** What it prints at its end. */
export interface DriverFigures {
  seconds: number
  /** Of its process. */
  cpuSeconds: number
}

/** Most of what V8 compiles it compiles in the first thousands. */
export function warmUpOf(messages: number): number {
  return Math.ceil(messages / 4)
}
