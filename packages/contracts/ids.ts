import { v7 as uuidv7 } from 'uuid'

/**
 * Public ids are a type prefix and the 32 hexadecimal digits of a UUIDv7
 * (RFC 9562, section 5.7): they sort by creation time, and tables are
 * partitioned by the time they hold. OpenAI writes file ids with a hyphen.
 */
export const idPrefixes = {
  job: 'job_',
  batch: 'batch_',
  file: 'file-',
  event: 'evt_',
  tenant: 'tenant_',
  key: 'key_',
  request: 'req_',
} as const

export type IdKind = keyof typeof idPrefixes

const HEX_UUID = /^[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/

export function newId(kind: IdKind): string {
  return idPrefixes[kind] + uuidv7().replaceAll('-', '')
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

/** When the id was made, in milliseconds since the Unix epoch. */
export function timeOfUuid(uuid: string): number {
  return Number.parseInt(uuid.replaceAll('-', '').slice(0, 12), 16)
}

/** The smallest UUIDv7 of a millisecond: the bound of a partition. */
export function firstUuidAt(epochMs: number): string {
  const time = Math.max(0, Math.floor(epochMs)).toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-0000-0000-000000000000`
}
