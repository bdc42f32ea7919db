import Table from 'cli-table3'
import type { Used } from './usage.ts'

export interface BatchRow {
  name: string
  /** Of which there is a result. */
  lines: number
  seconds: number
  /** Lines without a result, and with two; undefined: it was not to finish. */
  lost?: number
  doubled: number
  /** From its creation until its lines may run; of Longhaul, undisturbed. */
  validateSeconds?: number
  /** Undefined: it was killed meanwhile. */
  used?: Used
  remarks: string[]
}

const MIB = 1_024 * 1_024

/** The figures one below another, and what else is to be told. */
export function reportBatches(rows: readonly BatchRow[]): string {
  const table = new Table({
    head: ['', 'lines/s', 'seconds', 'CPU µs/line', 'PostgreSQL', 'servers', 'peak', 'others'],
    colAligns: ['left', ...Array.from({ length: 7 }, () => 'right' as const)],
    style: { head: [], border: [] },
  })
  for (const { name, lines, seconds, used } of rows) {
    table.push([name, whole(lines / seconds), seconds.toFixed(1), ...columnsOf(used)])
  }
  return [table.toString(), ...rows.flatMap(detailsOf)].join('\n')
}

function columnsOf(used: Used | undefined): string[] {
  if (!used) return ['', '', '', '', '']
  const { own, postgres, servers } = used.cpuUsPerJob
  return [
    whole(own),
    whole(postgres),
    whole(Object.values(servers).reduce((sum, figure) => sum + figure, 0)),
    `${whole(Math.max(...Object.values(used.peakBytes)) / MIB)} MB`,
    `${used.othersCpuShare.toFixed(2)} CPUs`,
  ]
}

function detailsOf({ name, lost, doubled, used, remarks }: BatchRow): string[] {
  const audit = lost === undefined ? [] : [`${lost} lines missing, ${doubled} doubled`]
  return [...audit, ...remarks, ...byProcess(used)].map(detail => `${name}: ${detail}`)
}

/** Of one process the table tells all. */
function byProcess(used: Used | undefined): string[] {
  if (!used || Object.keys(used.peakBytes).length < 2) return []
  return Object.entries(used.peakBytes).map(([process, bytes]) => {
    const cpu = used.cpuUsPerJob.ownByName[process] ?? 0
    return `${process} ${whole(cpu)} µs/line, ${whole(bytes / MIB)} MB`
  })
}

function whole(figure: number): string {
  return Math.round(figure).toLocaleString('en')
}
