import type { ByteRange } from '@longhaul/blobs'
import { LonghaulError } from '@longhaul/contracts'

/**
 * The part of a file that `Range` asks for (RFC 9110, section 14); undefined:
 * all of it. What is not one range of bytes is ignored, as the RFC wants.
 * @throws {LonghaulError} range_not_satisfiable
 */
export function rangeOf(header: string | undefined, bytes: number): ByteRange | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? []
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined
  const start = first === '' ? Math.max(0, bytes - Number(last)) : Number(first)
  const end = first === '' || last === '' ? bytes - 1 : Math.min(Number(last), bytes - 1)
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined
  if (start < bytes && start <= end) return { start, end }
  throw new LonghaulError(
    'range_not_satisfiable',
    `The file has ${bytes} bytes: ask for a range within them.`,
    { param: 'Range' },
  )
}
