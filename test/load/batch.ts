/**
 * A batch from the first byte of its upload to the last line of its output, beside
 * the program that people write instead: `npm run bench:batch`.
 */
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import { Child } from '../processes/child.ts'
import { LonghaulProcess } from '../processes/longhaul-process.ts'
import { type Arena, openArena } from './arena.ts'
import { countIds, writeBatchFile } from './batch-file.ts'
import { type BatchRun, runBatch } from './batch-run.ts'
import { cpuSeconds, familyCpuSeconds, machineCpuSeconds, peakBytes } from './process-usage.ts'

const PLAIN = fileURLToPath(new URL('./programs/plain-batch.ts', import.meta.url))
const MIB = 1024 * 1024
const MODELS = ['small', 'large']
const MAX_CONCURRENCY = 256
const TIMEOUT_MS = 600_000
const STOP_MS = 30_000

const { values } = parseArgs({
  options: {
    lines: { type: 'string', default: '50000' },
    'large-mb': { type: 'string', default: '200' },
    'skip-kill': { type: 'boolean', default: false },
  },
})
const lines = Number(values.lines)
const largeBytes = Number(values['large-mb']) * MIB
if (!Number.isInteger(lines) || lines < 100) throw new Error('--lines must be a number from 100')

// Children die with this process: it must end by `exit`, not by a signal.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

interface Row {
  name: string
  lines: number
  seconds: number
  cpuUsPerLine: number
  postgresUsPerLine: number
  othersCpus: number
  peakBytes: number
  remarks: string[]
}

const arena = await openArena()
try {
  const input = join(arena.folder, 'input.jsonl')
  await writeBatchFile(input, { lines, lineBytes: 800, models: MODELS })
  const rows: Row[] = []
  const longhaul = await prepare(arena)
  await longhaul.start()
  rows.push(await measureLonghaul(arena, longhaul, 'Longhaul, one process', input, lines))
  rows.push(await measurePlain(arena, input))
  if (!values['skip-kill']) {
    rows.push(await killLonghaul(arena, longhaul, input))
    rows.push(await killPlain(arena, input))
  }
  if (largeBytes > 0) {
    const large = join(arena.folder, 'large.jsonl')
    const largeLines = Math.floor(largeBytes / 10_300)
    await writeBatchFile(large, { lines: largeLines, lineBytes: 10_000, models: MODELS })
    await longhaul.stop(STOP_MS)
    await longhaul.start()
    const name = `Longhaul, a file of ${values['large-mb']} MB`
    rows.push(await measureLonghaul(arena, longhaul, name, large, largeLines))
  }
  await longhaul.stop(STOP_MS)
  print(rows)
} finally {
  await arena.close()
}

async function prepare({ folder, simulator, databaseUrl }: Arena): Promise<LonghaulProcess> {
  const own = join(folder, 'longhaul')
  mkdirSync(own)
  const model = (price: number) => ({
    context_window: 32_768,
    price: { input: price, output: 4 * price },
    deployments: {
      simulator: {
        provider: 'openai-compatible' as const,
        base_url: `${simulator.origin}/v1`,
        max_concurrency: MAX_CONCURRENCY,
      },
    },
  })
  return LonghaulProcess.prepare({
    folder: own,
    config: { models: { small: model(0.2), large: model(5) } },
    env: { DATABASE_URL: databaseUrl },
  })
}

async function measureLonghaul(
  arena: Arena,
  longhaul: LonghaulProcess,
  name: string,
  input: string,
  count: number,
): Promise<Row> {
  const usage = watch(arena, longhaul.pid)
  const run = await runBatch(longhaul, arena.folder, input)
  return {
    name,
    lines: count,
    seconds: run.seconds,
    ...usage(count, run.seconds),
    remarks: [
      ...auditOf(run, count),
      `upload ${run.uploadSeconds.toFixed(1)} s, validated and recorded after ${run.validateSeconds.toFixed(1)} s, first result after ${run.firstResultSeconds.toFixed(1)} s`,
    ],
  }
}

async function measurePlain(arena: Arena, input: string): Promise<Row> {
  const output = join(arena.folder, 'plain.jsonl')
  const child = plain(arena, input, output)
  const usage = watch(arena, child.pid)
  const startedAt = performance.now()
  await child.printed(/"done"/, TIMEOUT_MS)
  const seconds = (performance.now() - startedAt) / 1_000
  const ids = new Map<string, number>()
  await countIds(output, ids)
  const figures = usage(lines, seconds)
  await child.end('SIGTERM', STOP_MS)
  const remarks = [`${ids.size} lines of output`]
  return { name: "OpenAI's client, 64 at a time", lines, seconds, ...figures, remarks }
}

/** Killed when half of its lines have ended, and started again. */
async function killLonghaul(arena: Arena, longhaul: LonghaulProcess, input: string): Promise<Row> {
  const callsBefore = await arena.simulator.total()
  let inFlight: number | undefined
  let usage = watch(arena, longhaul.pid)
  const run = await runBatch(longhaul, arena.folder, input, async ({ request_counts }) => {
    if (inFlight !== undefined || (request_counts?.completed ?? 0) < lines / 2) return
    await longhaul.kill()
    const [row] = await arena.query<{ running: number }>(
      `SELECT count(*)::integer AS running FROM longhaul.jobs WHERE status = 'running'`,
    )
    inFlight = row?.running ?? 0
    await longhaul.start()
    usage = watch(arena, longhaul.pid)
  })
  const calls = (await arena.simulator.total()) - callsBefore
  return {
    name: 'Longhaul, killed half-way',
    lines,
    seconds: run.seconds,
    ...usage(lines, run.seconds),
    remarks: [
      ...auditOf(run, lines),
      `${calls - lines} calls paid twice; ${inFlight} were in flight when it was killed`,
    ],
  }
}

/** The same kill; nobody knows what is missing but who compares both files. */
async function killPlain(arena: Arena, input: string): Promise<Row> {
  const output = join(arena.folder, 'plain-killed.jsonl')
  const before = await arena.simulator.total()
  const child = plain(arena, input, output)
  const usage = watch(arena, child.pid)
  const startedAt = performance.now()
  while ((await arena.simulator.total()) - before < lines / 2) {
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  const seconds = (performance.now() - startedAt) / 1_000
  const figures = usage(lines / 2, seconds)
  await child.end('SIGKILL', STOP_MS)
  const ids = new Map<string, number>()
  const torn = existsSync(output) ? await countIds(output, ids) : 0
  const calls = (await arena.simulator.total()) - before
  return {
    name: "OpenAI's client, killed half-way",
    lines: lines / 2,
    seconds,
    ...figures,
    remarks: [
      `${ids.size} of ${lines} lines in the file, ${torn} torn; it does not go on by itself`,
      `${calls - ids.size} calls paid without a result; ${calls} paid twice when it is started again`,
    ],
  }
}

function plain(arena: Arena, input: string, output: string): Child {
  return new Child([PLAIN, input, output, `${arena.simulator.origin}/v1`], {
    name: 'the plain program',
    logFile: join(arena.folder, 'plain.log'),
  })
}

/** Every `custom_id` is there, and once. */
function auditOf({ ids, batch }: BatchRun, count: number): string[] {
  const twice = [...ids.values()].filter(times => times > 1).length
  return [`${batch.status}: ${count - ids.size} lines missing, ${twice} doubled`]
}

/** CPU time from now on, and the peak of memory. */
function watch(arena: Arena, pid: number) {
  const before = read(arena, pid)
  return (count: number, seconds: number) => {
    const after = read(arena, pid)
    const own = after.own - before.own
    const postgres = after.postgres - before.postgres
    const known = own + postgres + after.simulator - before.simulator + after.bench - before.bench
    return {
      cpuUsPerLine: (own / count) * 1e6,
      postgresUsPerLine: (postgres / count) * 1e6,
      othersCpus: Math.max(0, after.machine - before.machine - known) / seconds,
      peakBytes: peakBytes(pid),
    }
  }
}

function read({ postgresPid, simulator }: Arena, pid: number) {
  return {
    own: cpuSeconds(pid),
    postgres: familyCpuSeconds(postgresPid),
    simulator: cpuSeconds(simulator.pid),
    bench: cpuSeconds(process.pid),
    machine: machineCpuSeconds(),
  }
}

function print(rows: readonly Row[]): void {
  const table = new Table({
    head: ['', 'lines/s', 'seconds', 'CPU µs/line', 'PostgreSQL', 'peak memory', 'others'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  })
  for (const row of rows) {
    table.push([
      row.name,
      whole(row.lines / row.seconds),
      row.seconds.toFixed(1),
      whole(row.cpuUsPerLine),
      whole(row.postgresUsPerLine),
      `${whole(row.peakBytes / MIB)} MB`,
      `${row.othersCpus.toFixed(2)} CPUs`,
    ])
  }
  console.log(table.toString())
  for (const { name, remarks } of rows) {
    for (const remark of remarks) console.log(`${name}: ${remark}`)
  }
  const [ours, theirs] = rows
  if (ours && theirs) {
    const ratio = theirs.seconds / ours.seconds
    console.log(`${ours.name}: ${ratio.toFixed(2)} × the rate of ${theirs.name}`)
  }
}

function whole(figure: number): string {
  return Math.round(figure).toLocaleString('en')
}
