import type { Clock } from '@longhaul/contracts'
import cliProgress from 'cli-progress'

/** How far the jobs are. */
export interface Progress {
  update(done: number): void
  stop(): void
}

export interface ProgressOutput {
  stream: NodeJS.WriteStream
  print(line: string): void
}

const LINE_EVERY_MS = 2_000

/** A bar on a terminal, else a line every two seconds. */
export function showProgress(total: number, output: ProgressOutput, clock: Clock): Progress {
  const begunAt = clock.now()
  const paceAt = (done: number) => paceOf(done, total, clock.now() - begunAt)
  return output.stream.isTTY
    ? barOf(total, output.stream, paceAt)
    : linesOf(total, output, paceAt, clock)
}

/** Rate and time left, in words; cli-progress has a placeholder `eta` of its own, over few values. */
export function paceOf(done: number, total: number, elapsedMs: number) {
  const perSecond = elapsedMs > 0 ? (done / elapsedMs) * 1_000 : 0
  const secondsLeft = Math.ceil((total - done) / perSecond)
  return {
    rate: `${perSecond.toFixed(1)} jobs/s`,
    left: done >= total ? 'done' : done === 0 ? 'ETA unknown' : `ETA ${secondsLeft} s`,
  }
}

type PaceAt = (done: number) => ReturnType<typeof paceOf>

function barOf(total: number, stream: NodeJS.WriteStream, paceAt: PaceAt): Progress {
  const bar = new cliProgress.SingleBar(
    { format: '  {bar} {value}/{total} | {rate} | {left}', stream, barsize: 32, hideCursor: true },
    cliProgress.Presets.shades_classic,
  )
  bar.start(total, 0, paceAt(0))
  return {
    update: done => bar.update(done, paceAt(done)),
    stop: () => bar.stop(),
  }
}

function linesOf(total: number, output: ProgressOutput, paceAt: PaceAt, clock: Clock): Progress {
  let latest = 0
  let printed = -1
  let printedAt = clock.now()
  const print = () => {
    const { rate, left } = paceAt(latest)
    output.print(`  ${latest}/${total} | ${rate} | ${left}`)
    printed = latest
    printedAt = clock.now()
  }
  return {
    update(done) {
      latest = done
      if (clock.now() - printedAt >= LINE_EVERY_MS) print()
    },
    stop() {
      if (printed !== latest) print()
    },
  }
}
