import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import OpenAI from 'openai'
import { writeBatchFile } from '../load/batch-file.ts'
import { runBatch } from '../load/batch-run.ts'
import { LonghaulProcess } from '../processes/longhaul-process.ts'
import { SimulatorProcess } from '../processes/simulator-process.ts'

const LINES = 1_000
const WRITING = 'while its files are written'

interface BatchState {
  status: string
  recorded: number
  ended: number
}

/** When the process is killed: as soon as the batch is so. */
const moments: Array<[string, (state: BatchState) => boolean]> = [
  ['while lines become jobs', ({ recorded }) => recorded > 0],
  ['half-way', ({ ended }) => ended > LINES / 2],
  [WRITING, ({ status }) => status === 'finalizing'],
]

describe('the process is killed', () => {
  it('in every phase of a batch, and each custom_id is in its files once', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'longhaul-batch-kill-'))
    const simulator = await SimulatorProcess.start(folder, {
      '*': { latencyMs: { distribution: 'uniform', min: 5, max: 30 } },
    })
    const model = {
      context_window: 32_768,
      price: { input: 1, output: 2 },
      deployments: {
        main: { provider: 'openai-compatible' as const, base_url: `${simulator.origin}/v1` },
      },
    }
    const longhaul = await LonghaulProcess.prepare({
      folder,
      config: { models: { small: model, large: model } },
    })
    try {
      await longhaul.start()
      const input = join(folder, 'input.jsonl')
      await writeBatchFile(input, { lines: LINES, lineBytes: 300, models: ['small', 'auto'] })
      const kills: string[] = []
      const over = new AbortController()
      const killing = killAtMoments(longhaul, kills, over.signal)
      const client = new OpenAI({ baseURL: `${longhaul.url}/v1`, apiKey: longhaul.apiKey })
      const { ids, batch } = await runBatch(longhaul, folder, input)
      over.abort()
      await killing
      expect(batch.request_counts).toEqual({ total: LINES, completed: LINES, failed: 0 })
      expect(ids.size).toBe(LINES)
      expect([...ids.values()].filter(times => times !== 1)).toEqual([])
      expect(kills).toEqual(moments.map(([name]) => name))
      const usage = await longhaul.cluster.query<{ tokens: number }>(
        `SELECT sum((usage->>'total_tokens')::integer)::integer AS tokens FROM jobs`,
      )
      const { usage: counted } = await client.batches.retrieve(batch.id)
      expect(counted?.total_tokens).toBe(usage[0]?.tokens)
      const left = await longhaul.cluster.query(`SELECT 1 FROM files WHERE status = 'processed'`)
      expect(left).toHaveLength(2)
    } finally {
      await longhaul.destroy()
      await simulator.stop()
      rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
    }
  }, 600_000)
})

async function killAtMoments(
  longhaul: LonghaulProcess,
  kills: string[],
  over: AbortSignal,
): Promise<void> {
  for (const [name, is] of moments) {
    // Written in a moment otherwise.
    const release = name === WRITING ? await longhaul.cluster.hold('files') : undefined
    while (!is(await stateOf(longhaul))) {
      if (over.aborted) return
      await delay(5)
    }
    await longhaul.kill()
    await release?.()
    kills.push(name)
    await longhaul.start()
  }
}

async function stateOf({ cluster }: LonghaulProcess): Promise<BatchState> {
  const [row] = await cluster.query<BatchState>(
    `SELECT status, recorded_lines AS recorded,
       (SELECT coalesce(sum(succeeded), 0)::integer FROM batch_counts WHERE batch_id = b.id) AS ended
     FROM batches b`,
  )
  return row ?? { status: '', recorded: 0, ended: 0 }
}
