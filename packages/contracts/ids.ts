import { v7 as uuidv7 } from 'uuid'

/**
 * Public ids are a type prefix and the 32 hexadecimal digits of a UUIDv7
 * (RFC 9562, section 5.7): they sort by creation time, and tables are
 * partitioned by the time they hold. OpenAI writes file ids with a hyphen.
 */
export const idPrefixes = {
  job: 'job_',
  /** A response is a job under another name: the same UUID. */
  response: 'resp_',
  batch: 'batch_',
  file: 'file-',
  event: 'evt_',
  tenant: 'tenant_',
  key: 'key_',
  request: 'req_',
} as const

export type IdKind = keyof typeof idPrefixes

const HEX_UUID = /^[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/

/** Random bytes come by the page: a system call for each id would cost more than all the rest of it. */
const page = new Uint8Array(4_096)
const RANDOM_BYTES = 16
let used = page.length
let lastMs = 0
let sequence = 0

/** Later ids of this process sort behind earlier ones, within one millisecond too. */
export function newId(kind: IdKind): string {
  const random = nextRandom()
  const now = Date.now()
  if (now > lastMs) {
    lastMs = now
    // 31 random bits, so that there is room to count up from it.
    sequence = new DataView(random.buffer, random.byteOffset).getUint32(0) >>> 1
  } else {
    sequence = (sequence + 1) | 0
    if (sequence === 0) lastMs += 1
  }
  return idPrefixes[kind] + uuidv7({ random, msecs: lastMs, seq: sequence }).replaceAll('-', '')
}

function nextRandom(): Uint8Array {
  if (used === page.length) {
    crypto.getRandomValues(page)
    used = 0
  }
  used += RANDOM_BYTES
  return page.subarray(used - RANDOM_BYTES, used)
}

/** The bare 32 hexadecimal digits, which PostgreSQL takes as a `uuid`; undefined when `id` is not of that kind. */
export function uuidOf(kind: IdKind, id: string): string | undefined {
  const prefix = idPrefixes[kind]
  if (!id.startsWith(prefix)) return undefined
  const hex = id.slice(prefix.length)
  return HEX_UUID.test(hex) ? hex : undefined
}

/** Puts the prefix back on what PostgreSQL returns for a `uuid`. */
export function idFrom(kind: IdKind, uuid: string): string {
  return idPrefixes[kind] + uuid.replaceAll('-', '')
}

/** Before every other (RFC 9562, section 5.9). */
export const NIL_UUID = '00000000-0000-0000-0000-000000000000'

/** When the id was made, in milliseconds since the Unix epoch. */
export function timeOfUuid(uuid: string): number {
  return Number.parseInt(uuid.replaceAll('-', '').slice(0, 12), 16)
}

/** The smallest UUIDv7 of a millisecond: the bound of a partition. */
export function firstUuidAt(epochMs: number): string {
  const time = Math.max(0, Math.floor(epochMs)).toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-0000-0000-000000000000`
}
