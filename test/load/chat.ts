import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import OpenAI from 'openai'
import { LonghaulProcess } from '../processes/longhaul-process.ts'
import { SimulatorProcess } from '../processes/simulator-process.ts'
import { type Latencies, LatencyRecorder } from './latencies.ts'

/**
 * What a chat completion through the queue takes over calling the model server
 * directly: one caller, the official client, one call at a time, the two ways
 * in turn, so that whatever else the machine does strikes both.
 */
const { values } = parseArgs({ options: { calls: { type: 'string', default: '300' } } })
const calls = Number(values.calls)
if (!Number.isInteger(calls) || calls < 10) throw new Error('--calls must be a number from 10')

const MODEL = 'small'
/** What the queue may add to a whole answer at p50. */
const MOST_ADDED_MS = 25
const WARM_UP_SHARE = 0.2
const STOP_TIMEOUT_MS = 30_000
const PROMPT = `Summarise: ${'the contract ends on 31 March unless renewed. '.repeat(20)}`

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

interface Way {
  name: string
  client: OpenAI
  whole: LatencyRecorder
  firstToken: LatencyRecorder
}

const folder = mkdtempSync(join(tmpdir(), 'longhaul-chat-'))
const simulator = await SimulatorProcess.start(folder)
const longhaul = await LonghaulProcess.prepare({
  folder,
  config: {
    models: {
      [MODEL]: {
        context_window: 32_768,
        price: { input: 1, output: 2 },
        deployments: {
          simulator: { provider: 'openai-compatible', base_url: `${simulator.origin}/v1` },
        },
      },
    },
  },
})
try {
  await longhaul.start()
  await run(wayOf('warm-up', `${simulator.origin}/v1`), wayOf('warm-up', `${longhaul.url}/v1`), {
    calls: Math.ceil(calls * WARM_UP_SHARE),
  })
  const direct = wayOf('the model server', `${simulator.origin}/v1`)
  const through = wayOf('through Longhaul', `${longhaul.url}/v1`)
  await run(direct, through, { calls })
  const addedMs = report('whole answer', direct.whole.latencies, through.whole.latencies)
  report('first token', direct.firstToken.latencies, through.firstToken.latencies)
  if (addedMs > MOST_ADDED_MS) {
    console.error(`the whole answer takes more than ${MOST_ADDED_MS} ms longer`)
    process.exitCode = 1
  }
} finally {
  await longhaul.stop(STOP_TIMEOUT_MS)
  await longhaul.destroy()
  await simulator.stop()
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
}

function wayOf(name: string, baseURL: string): Way {
  const client = new OpenAI({ baseURL, apiKey: longhaul.apiKey, maxRetries: 0 })
  return { name, client, whole: new LatencyRecorder(), firstToken: new LatencyRecorder() }
}

async function run(first: Way, second: Way, load: { calls: number }): Promise<void> {
  for (let call = 0; call < load.calls; call += 1) {
    for (const way of [first, second]) await callWhole(way)
    for (const way of [first, second]) await callStreamed(way)
  }
}

async function callWhole({ client, whole }: Way): Promise<void> {
  const startedAt = performance.now()
  await client.chat.completions.create({ model: MODEL, messages: [message()] })
  whole.record(performance.now() - startedAt)
}

async function callStreamed({ client, firstToken }: Way): Promise<void> {
  const startedAt = performance.now()
  const stream = await client.chat.completions.create({
    model: MODEL,
    messages: [message()],
    stream: true,
  })
  let isFirst = true
  for await (const { choices } of stream) {
    if (!isFirst || !choices[0]?.delta.content) continue
    firstToken.record(performance.now() - startedAt)
    isFirst = false
  }
}

function message() {
  return { role: 'user' as const, content: PROMPT }
}

/** @returns milliseconds that are added at p50 */
function report(what: string, direct: Latencies, through: Latencies): number {
  const addedMs = through.p50 - direct.p50
  const shown = (milliseconds: number) => `${milliseconds.toFixed(1)} ms`
  console.log(`${what}, ${calls} calls each, one at a time`)
  console.log(`  direct     p50 ${shown(direct.p50)}   p99 ${shown(direct.p99)}`)
  console.log(`  Longhaul   p50 ${shown(through.p50)}   p99 ${shown(through.p99)}`)
  console.log(`  added      p50 ${shown(addedMs)}`)
  return addedMs
}
