/**
 * What the router's process does for a job, without I/O: `npm run bench:router
 * [-- FILE…]`. The service, its figures and the statements that it makes are the
 * real ones; the bus and coordination are those in memory, and a database
 * answers at once.
 */
import { parseArgs } from 'node:util'
import { filesToMeasure, mixedTexts, promptsOf } from '../../training/texts.ts'
import { RouterArena } from './router-arena.ts'

const CHARACTERS = 1_024
const ROUNDS = 30
const WARM_UP_ROUNDS = 3
const JOBS_A_ROUND = 2_000
const LEAST_PER_SECOND = 10_000

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { data: { type: 'string', default: process.env.ROUTING_DATA ?? '../shared/routing' } },
})
const files = positionals.length > 0 ? positionals : filesToMeasure(values.data)
const texts = mixedTexts(promptsOf(files), JOBS_A_ROUND * (ROUNDS + WARM_UP_ROUNDS), CHARACTERS)

/** As on the memory bus, then as on Kafka: read from JSON and checked, and written as such. */
for (const asText of [false, true]) await measure(asText)

async function measure(asText: boolean): Promise<void> {
  const arena = await RouterArena.open({ asText })
  const perSecond: number[] = []
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    const from = (round + WARM_UP_ROUNDS) * JOBS_A_ROUND
    const messages = arena.messagesOf(texts.slice(from, from + JOBS_A_ROUND))
    const usage = process.cpuUsage()
    await arena.route(messages)
    const { user, system } = process.cpuUsage(usage)
    if (round >= 0) perSecond.push((JOBS_A_ROUND * 1e6) / (user + system))
  }
  await arena.close()
  perSecond.sort((a, b) => a - b)
  const [least, median, upper, most] = [0, 0.5, 0.75, 1].map(share =>
    Math.floor(perSecond[Math.floor(share * (ROUNDS - 1))] ?? 0),
  )
  const name = asText ? 'messages as text' : 'messages in memory'
  console.log(
    `${name}: ${shown(median)} jobs/s of a core in the median, ${shown(upper)} in the upper ` +
      `quartile (${shown(least)} to ${shown(most)}), ${Math.round(1e6 / (median ?? 1))} µs each; ` +
      `${Math.round(arena.bytesPerDecision)} bytes stored of each`,
  )
  // Others on the machine make a round slower, and never faster: a core for itself does the upper.
  if (!asText && (upper ?? 0) < LEAST_PER_SECOND) {
    console.log(`✗ BROKEN: at least ${shown(LEAST_PER_SECOND)} jobs/s of a core`)
    process.exitCode = 1
  }
}

function shown(figure = 0): string {
  return figure.toLocaleString('en')
}
