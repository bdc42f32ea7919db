/** Runs the simulator by itself: `node test/simulator/main.ts --port 4010 --script models.json`. */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { BehaviourSchema, MarkerBehaviourSchema } from './behaviour.ts'
import { startSimulator } from './simulator.ts'

const ScriptFileSchema = z.strictObject({
  models: z.record(z.string(), BehaviourSchema).default({}),
  markers: z.record(z.string(), MarkerBehaviourSchema).default({}),
})

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    host: { type: 'string', default: '127.0.0.1' },
    seed: { type: 'string', default: '1' },
    script: { type: 'string' },
  },
})
const file: unknown = values.script ? JSON.parse(readFileSync(values.script, 'utf8')) : {}
const script = ScriptFileSchema.parse(file)

const simulator = await startSimulator({
  port: Number(values.port),
  host: values.host,
  seed: Number(values.seed),
  models: script.models,
})
for (const [marker, behaviour] of Object.entries(script.markers)) {
  simulator.scriptMarker(marker, behaviour)
}
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => void simulator.close())
}
process.stdout.write(`${JSON.stringify({ url: simulator.url, origin: simulator.origin })}\n`)
