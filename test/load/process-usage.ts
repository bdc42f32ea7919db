import { readdirSync, readFileSync } from 'node:fs'

/** `USER_HZ`: what the kernel counts processor time in for programs, on every platform of Node. */
const TICKS_PER_SECOND = 100
const KIB = 1_024

/** Fields of /proc/<pid>/stat after the name, counted from 0 (proc(5)). */
const PARENT = 1
const OWN_TICKS = [11, 12]
const TICKS_OF_ENDED_CHILDREN = [13, 14]

/** Of /proc/stat's first line: idle, waiting for the disk, and what is counted twice. */
const NOT_BUSY = new Set([3, 4, 8, 9])

/** CPU seconds that a process has used, user and system. Linux only. */
export function cpuSeconds(pid: number): number {
  return seconds(statOf(pid), OWN_TICKS)
}

/** CPU seconds of a server that works in child processes, such as PostgreSQL: those that ended included. */
export function familyCpuSeconds(parent: number): number {
  const own = seconds(statOf(parent), [...OWN_TICKS, ...TICKS_OF_ENDED_CHILDREN])
  return childrenOf(parent).reduce((sum, fields) => sum + seconds(fields, OWN_TICKS), own)
}

/** CPU seconds that all processors of the machine were busy since it started, whoever it was for. */
export function machineCpuSeconds(): number {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n')
  const ticks = line.split(/\s+/).slice(1).map(Number)
  const busy = ticks.filter((_, index) => !NOT_BUSY.has(index))
  return busy.reduce((sum, count) => sum + count, 0) / TICKS_PER_SECOND
}

/** The most memory that a process has held (`VmHWM`), since its start or the last reset. */
export function peakBytes(pid: number): number {
  const found = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  if (!found) throw new Error(`/proc/${pid}/status names no VmHWM`)
  return Number(found[1]) * KIB
}

function childrenOf(parent: number): string[][] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(name => {
      try {
        const fields = statOf(Number(name))
        return Number(fields[PARENT]) === parent ? [fields] : []
      } catch {
        return [] // ended meanwhile
      }
    })
}

/** The name may hold spaces and brackets: what counts begins after the last one. */
function statOf(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

function seconds(fields: string[], of: number[]): number {
  return of.reduce((sum, index) => sum + Number(fields[index]), 0) / TICKS_PER_SECOND
}
