import Table from 'cli-table3'
import type { Figures } from './measure.ts'

export interface Measured {
  name: string
  bulk: Figures
  singles: Figures
}

type Show = (measured: Measured) => string

const MIB = 1_024 * 1_024

/** The figures side by side, and how many times the others' throughput the first one's is. */
export function report(measured: readonly Measured[]): string {
  const table = new Table({
    head: ['', ...measured.map(({ name }) => name)],
    colAligns: ['left', ...measured.map(() => 'right' as const)],
    style: { head: [], border: [] },
  })
  for (const [label, show] of rowsOf(measured)) table.push([label, ...measured.map(show)])
  const [first, ...others] = measured
  const ratios = first ? others.map(other => ratio(first, other)) : []
  return [table.toString(), ...ratios].join('\n')
}

/** CPU time that all processes of a contender and its servers used for a job by bulk, µs. */
export function cpuUsOf({ bulk }: Measured): number {
  const { own, postgres, servers } = bulk.cpuUsPerJob
  return Object.values(servers).reduce((sum, figure) => sum + figure, own + postgres)
}

function rowsOf(measured: readonly Measured[]): Array<[string, Show]> {
  const servers = namesIn(measured, ({ bulk }) => bulk.cpuUsPerJob.servers)
  const processes = namesIn(measured, ({ bulk }) => bulk.peakBytes)
  return [
    ['jobs/s, by bulk', ({ bulk }) => whole(bulk.jobsPerSecond)],
    ['seconds', ({ bulk }) => bulk.seconds.toFixed(2)],
    ['CPU µs/job, its processes', ({ bulk }) => whole(bulk.cpuUsPerJob.own)],
    ...each(processes, 'CPU µs/job', ({ bulk }) => bulk.cpuUsPerJob.ownByName, whole),
    ['CPU µs/job, PostgreSQL', ({ bulk }) => whole(bulk.cpuUsPerJob.postgres)],
    ...each(servers, 'CPU µs/job', ({ bulk }) => bulk.cpuUsPerJob.servers, whole),
    ['CPU µs/job, model server', ({ bulk }) => whole(bulk.cpuUsPerJob.simulator)],
    ['CPU µs/job, load generator', ({ bulk }) => whole(bulk.cpuUsPerJob.generator)],
    ['accept a bulk request, p50 / p99', ({ bulk }) => pair(bulk.accept)],
    ['finish, p50 / p99', ({ bulk }) => pair(bulk.finish)],
    ...each(processes, 'peak memory', ({ bulk }) => bulk.peakBytes, megabytes),
    ['503 answers, sent again', ({ bulk }) => whole(bulk.refused)],
    ['CPUs used by others meanwhile', ({ bulk }) => bulk.othersCpuShare.toFixed(2)],
    ['singles: accept, p50 / p99', ({ singles }) => pair(singles.accept)],
    ['singles: finish, p50 / p99', ({ singles }) => pair(singles.finish)],
    ['singles: CPU µs/job, its processes', ({ singles }) => whole(singles.cpuUsPerJob.own)],
    ['singles: CPUs used by others', ({ singles }) => singles.othersCpuShare.toFixed(2)],
  ]
}

function namesIn(
  measured: readonly Measured[],
  figures: (measured: Measured) => Record<string, number>,
): string[] {
  return [...new Set(measured.flatMap(one => Object.keys(figures(one))))]
}

/** A row for each name; a contender that has none of that name shows nothing there. */
function each(
  names: readonly string[],
  label: string,
  figures: (measured: Measured) => Record<string, number>,
  show: (figure: number) => string,
): Array<[string, Show]> {
  return names.map(name => [
    `${label}, ${name}`,
    measured => {
      const figure = figures(measured)[name]
      return figure === undefined ? '' : show(figure)
    },
  ])
}

/** By CPU time too: it depends less on what else the machine does. */
function ratio(first: Measured, other: Measured): string {
  const speed = first.bulk.jobsPerSecond / other.bulk.jobsPerSecond
  const cpu = cpuUsOf(other) / cpuUsOf(first)
  return `${first.name}: ${speed.toFixed(1)} × the jobs/s of ${other.name}, and ${cpu.toFixed(1)} × the jobs per CPU second, the servers' included`
}

function whole(figure: number): string {
  return Math.round(figure).toLocaleString('en')
}

function megabytes(bytes: number): string {
  return `${whole(bytes / MIB)} MB`
}

function pair({ p50, p99 }: { p50: number; p99: number }): string {
  return `${milliseconds(p50)} / ${milliseconds(p99)} ms`
}

function milliseconds(figure: number): string {
  return figure < 10 ? figure.toFixed(1) : whole(figure)
}
