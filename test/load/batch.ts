/**
 * A batch from the first byte of its upload to the last line of its output, beside
 * the program that people write instead: `npm run bench:batch`.
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Arena, openArena } from './arena.ts'
import { writeBatchFile } from './batch-file.ts'
import { killLonghaul, killPlain, measureLonghaul, measurePlain } from './batch-measure.ts'
import { type BatchRow, reportBatches } from './batch-report.ts'
import { check } from './check.ts'
import { ClusterContender } from './cluster-contender.ts'
import type { LonghaulServer } from './contender.ts'
import { LonghaulContender, type LonghaulOptions } from './longhaul-contender.ts'
import { profileFile, summariseProfile } from './profile.ts'

const MIB = 1024 * 1024
const MODELS = ['small', 'large']
const LINE_BYTES = 800
const LONG_LINE_BYTES = 10_000
/** What is around the prompt of a line. */
const AROUND_BYTES = 165

/** Of the model server's answers: sooner than any model that people pay for answers. */
const LATENCY_MS = 50

const LEAST_RATIO = 1.5
const MOST_BYTES = 400 * MIB
const MOST_VALIDATE_SECONDS = 10

/** By the bus that Longhaul runs on. */
const servers: Record<string, (arena: Arena, options: LonghaulOptions) => Promise<LonghaulServer>> =
  {
    memory: LonghaulContender.prepare,
    kafka: ClusterContender.prepare,
  }

const { values } = parseArgs({
  options: {
    lines: { type: 'string', default: '50000' },
    megabytes: { type: 'string', default: '0' },
    'line-bytes': { type: 'string', default: String(LONG_LINE_BYTES) },
    'latency-ms': { type: 'string', default: String(LATENCY_MS) },
    bus: { type: 'string', default: 'memory' },
    'skip-kill': { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
})
const lines = Number(values.lines)
const megabytes = Number(values.megabytes)
const longLineBytes = Number(values['line-bytes'])
const latencyMs = Number(values['latency-ms'])
const prepare = servers[values.bus]
if (!prepare) throw new Error(`--bus ${values.bus}: choose of ${Object.keys(servers).join(', ')}`)
if (!Number.isInteger(lines) || lines < 100) throw new Error('--lines must be a number from 100')
if (!(megabytes >= 0)) throw new Error('--megabytes must be a number from 0')
if (!(longLineBytes >= 100)) throw new Error('--line-bytes must be a number from 100')
if (!(latencyMs >= 0)) throw new Error('--latency-ms must be a number from 0')

// Children die with this process: it must end by `exit`, not by a signal.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

const arena = await openArena(Object.fromEntries(MODELS.map(model => [model, { latencyMs }])))
try {
  const longhaul = await prepare(arena, { profile: values.profile })
  const rows = megabytes > 0 ? [await measureLarge(longhaul)] : await measureBoth(longhaul)
  console.log(reportBatches(rows))
  for (const row of rows) checkRow(row)
  if (values.profile) showProfile(rows)
} finally {
  await arena.close()
}

/** One after another: the longer of the two never has company. */
async function measureBoth(longhaul: LonghaulServer): Promise<BatchRow[]> {
  const input = join(arena.folder, 'input.jsonl')
  await writeBatchFile(input, { lines, lineBytes: LINE_BYTES, models: MODELS })
  const rows: BatchRow[] = []
  await longhaul.start()
  try {
    rows.push(await measureLonghaul(arena, longhaul, input, lines))
    if (values.only) return rows
    if (!values['skip-kill']) rows.push(await killLonghaul(arena, longhaul, input, lines))
  } finally {
    await longhaul.stop()
  }
  const plain = await measurePlain(arena, input, lines)
  rows.splice(1, 0, plain)
  if (!values['skip-kill']) rows.push(await killPlain(arena, input, lines))
  checkRatio(rows[0], plain)
  return rows
}

async function measureLarge(longhaul: LonghaulServer): Promise<BatchRow> {
  const input = join(arena.folder, 'large.jsonl')
  const count = Math.ceil((megabytes * 1e6) / (longLineBytes + AROUND_BYTES))
  await writeBatchFile(input, { lines: count, lineBytes: longLineBytes, models: MODELS })
  await longhaul.start()
  try {
    return await measureLonghaul(arena, longhaul, input, count)
  } finally {
    await longhaul.stop()
  }
}

function checkRatio(ours: BatchRow | undefined, theirs: BatchRow): void {
  if (!ours) return
  const ratio = ours.lines / ours.seconds / (theirs.lines / theirs.seconds)
  const bound = `at least ${LEAST_RATIO} × the rate of ${theirs.name}`
  check(ratio >= LEAST_RATIO, `${bound}: ${ratio.toFixed(2)} ×`)
}

function checkRow({ name, lost, doubled, used, validateSeconds }: BatchRow): void {
  if (lost !== undefined) check(lost + doubled === 0, `${name}: every line once`)
  if (validateSeconds === undefined) return
  for (const [process, bytes] of Object.entries(used?.peakBytes ?? {})) {
    check(bytes < MOST_BYTES, `${name}: ${process} below ${MOST_BYTES / MIB} MB`)
  }
  if (megabytes > 0) return // the bound is for lines of usual length
  const bound = `${name}: validated and recorded within ${MOST_VALIDATE_SECONDS} s`
  check(validateSeconds <= MOST_VALIDATE_SECONDS, bound)
}

function showProfile([first]: readonly BatchRow[]): void {
  for (const name of Object.keys(first?.used?.peakBytes ?? {})) {
    console.log(`\n${profileFile(name)}:\n${summariseProfile(profileFile(name))}`)
  }
}
