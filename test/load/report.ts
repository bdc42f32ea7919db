import Table from 'cli-table3'
import type { Figures } from './measure.ts'

export interface Measured {
  name: string
  bulk: Figures
  singles: Figures
}

const MIB = 1_024 * 1_024

const ROWS: Array<[string, (measured: Measured) => string]> = [
  ['jobs/s, by bulk', ({ bulk }) => whole(bulk.jobsPerSecond)],
  ['seconds', ({ bulk }) => bulk.seconds.toFixed(2)],
  ['CPU µs/job, its processes', ({ bulk }) => whole(bulk.cpuUsPerJob.own)],
  ['CPU µs/job, PostgreSQL', ({ bulk }) => whole(bulk.cpuUsPerJob.postgres)],
  ['CPU µs/job, model server', ({ bulk }) => whole(bulk.cpuUsPerJob.simulator)],
  ['CPU µs/job, load generator', ({ bulk }) => whole(bulk.cpuUsPerJob.generator)],
  ['accept a bulk request, p50 / p99', ({ bulk }) => pair(bulk.accept)],
  ['finish, p50 / p99', ({ bulk }) => pair(bulk.finish)],
  ['peak memory', ({ bulk }) => `${whole(bulk.peakBytes / MIB)} MB`],
  ['503 answers, sent again', ({ bulk }) => whole(bulk.refused)],
  ['CPUs used by others meanwhile', ({ bulk }) => bulk.othersCpuShare.toFixed(2)],
  ['singles: accept, p50 / p99', ({ singles }) => pair(singles.accept)],
  ['singles: finish, p50 / p99', ({ singles }) => pair(singles.finish)],
  ['singles: CPU µs/job, its processes', ({ singles }) => whole(singles.cpuUsPerJob.own)],
  ['singles: CPUs used by others', ({ singles }) => singles.othersCpuShare.toFixed(2)],
]

/** The figures side by side, and how many times the others' throughput the first one's is. */
export function report(measured: readonly Measured[]): string {
  const table = new Table({
    head: ['', ...measured.map(({ name }) => name)],
    colAligns: ['left', ...measured.map(() => 'right' as const)],
    style: { head: [], border: [] },
  })
  for (const [label, show] of ROWS) table.push([label, ...measured.map(show)])
  const [first, ...others] = measured
  const ratios = first ? others.map(other => ratio(first, other)) : []
  return [table.toString(), ...ratios].join('\n')
}

/** By CPU time too: it depends less on what else the machine does. */
function ratio(first: Measured, other: Measured): string {
  const speed = first.bulk.jobsPerSecond / other.bulk.jobsPerSecond
  const cpu = cpuOf(other) / cpuOf(first)
  return `${first.name}: ${speed.toFixed(1)} × the jobs/s of ${other.name}, and ${cpu.toFixed(1)} × the jobs per CPU second, PostgreSQL's included`
}

function cpuOf({ bulk }: Measured): number {
  return bulk.cpuUsPerJob.own + bulk.cpuUsPerJob.postgres
}

function whole(figure: number): string {
  return Math.round(figure).toLocaleString('en')
}

function pair({ p50, p99 }: { p50: number; p99: number }): string {
  return `${milliseconds(p50)} / ${milliseconds(p99)} ms`
}

function milliseconds(figure: number): string {
  return figure < 10 ? figure.toFixed(1) : whole(figure)
}
