import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Child } from '../processes/child.ts'
import type { Arena } from './arena.ts'
import { countIds } from './batch-file.ts'
import type { BatchRow } from './batch-report.ts'
import { type BatchRun, runBatch } from './batch-run.ts'
import type { LonghaulServer } from './contender.ts'
import { Usage } from './usage.ts'

const PLAIN = fileURLToPath(new URL('./programs/plain-batch.ts', import.meta.url))
const PLAIN_NAME = "OpenAI's client, 64 at a time"
const TIMEOUT_MS = 600_000
const STOP_MS = 30_000
const POLL_MS = 20

export async function measureLonghaul(
  arena: Arena,
  longhaul: LonghaulServer,
  input: string,
  lines: number,
): Promise<BatchRow> {
  const usage = new Usage(arena, longhaul)
  const run = await runBatch(longhaul, arena.folder, input)
  const used = usage.since(undefined, lines)
  return {
    ...countsOf(run.ids, lines),
    name: longhaul.name,
    lines,
    seconds: run.seconds,
    validateSeconds: run.validateSeconds,
    used,
    remarks: [stepsOf(run)],
  }
}

function stepsOf(run: BatchRun): string {
  const seconds = Object.entries({
    upload: run.uploadSeconds,
    'validate and record': run.validateSeconds,
    'write the files': run.finalizeSeconds,
    download: run.downloadSeconds,
  }).map(([step, seconds]) => `${step} ${seconds.toFixed(1)} s`)
  const first = `first result after ${run.firstResultSeconds.toFixed(1)} s`
  return [run.batch.status, ...seconds, first].join(', ')
}

/** Killed when half of its lines have ended, and started again. */
export async function killLonghaul(
  arena: Arena,
  longhaul: LonghaulServer,
  input: string,
  lines: number,
): Promise<BatchRow> {
  const callsBefore = await arena.simulator.total()
  let inFlight: number | undefined
  const run = await runBatch(longhaul, arena.folder, input, async ({ request_counts }) => {
    if (inFlight !== undefined || (request_counts?.completed ?? 0) < lines / 2) return
    await longhaul.kill()
    const [row] = await arena.query<{ running: number }>(
      `SELECT count(*)::integer AS running FROM longhaul.jobs WHERE status = 'running'`,
    )
    inFlight = row?.running ?? 0
    await longhaul.start()
  })
  const calls = (await arena.simulator.total()) - callsBefore
  return {
    ...countsOf(run.ids, lines),
    name: `${longhaul.name}, killed half-way`,
    lines,
    seconds: run.seconds,
    remarks: [
      `${run.batch.status}; ${calls - lines} calls paid twice, ${inFlight} were in flight when it was killed`,
    ],
  }
}

export async function measurePlain(arena: Arena, input: string, lines: number): Promise<BatchRow> {
  const output = join(arena.folder, 'plain.jsonl')
  const child = plain(arena, input, output)
  const processes = [{ name: 'program', pid: child.pid }]
  const usage = new Usage(arena, { processes, servers: [] })
  const startedAt = performance.now()
  await child.printed(/"done"/, TIMEOUT_MS)
  const seconds = (performance.now() - startedAt) / 1_000
  const used = usage.since(undefined, lines)
  await child.end('SIGTERM', STOP_MS)
  const ids = new Map<string, number>()
  await countIds(output, ids)
  return { ...countsOf(ids, lines), name: PLAIN_NAME, lines, seconds, used, remarks: [] }
}

/** The same kill; nobody knows what is missing but who compares both files. */
export async function killPlain(arena: Arena, input: string, lines: number): Promise<BatchRow> {
  const output = join(arena.folder, 'plain-killed.jsonl')
  const before = await arena.simulator.total()
  const child = plain(arena, input, output)
  const startedAt = performance.now()
  while ((await arena.simulator.total()) - before < lines / 2) await delay(POLL_MS)
  const seconds = (performance.now() - startedAt) / 1_000
  await child.end('SIGKILL', STOP_MS)
  const ids = new Map<string, number>()
  const torn = existsSync(output) ? await countIds(output, ids) : 0
  const calls = (await arena.simulator.total()) - before
  return {
    doubled: 0,
    name: `${PLAIN_NAME}, killed half-way`,
    lines: ids.size,
    seconds,
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
function countsOf(ids: ReadonlyMap<string, number>, lines: number) {
  const doubled = [...ids.values()].filter(times => times > 1).length
  return { lost: lines - ids.size, doubled }
}
