import { expect, it } from '@jest/globals'
import { simulatorBehaviours, simulatorCatalog } from '@longhaul/runtime'
import { jsonLines, type Line, untilEnded, uploadLines } from './batch-files.ts'
import { openOpenAiServer } from './server.ts'

const LINES = 120
const MODELS = Object.keys(simulatorBehaviours)
const TOPICS = ['tides and their causes', 'the history of bridges', 'how lenses bend light']
const LONG = 'The tide rises twice a day along most coasts, though not by the same height. '.repeat(
  60,
)

type Body = { model?: string; max_tokens?: number; prompt?: string }

const files: Array<[string, (index: number) => Body]> = [
  ['short answers wanted', () => ({ model: 'sim-large', max_tokens: 60 })],
  ['many models', index => ({ model: MODELS[index % MODELS.length] ?? '' })],
  ['long prompts', index => ({ model: index % 2 === 0 ? 'auto' : 'sim-large', prompt: LONG })],
]

it.each(files)(
  'a fresh installation on the simulator quotes within a fifth: %s',
  async (_, bodyOf) => {
    const server = await openOpenAiServer(({ origin }) => simulatorCatalog(origin))
    try {
      for (const [model, { outputTokens }] of Object.entries(simulatorBehaviours)) {
        server.simulator.script(model, { outputTokens })
      }
      const lines = Array.from({ length: LINES }, (_, index): Line => {
        const { prompt = '', ...body } = bodyOf(index)
        const content = `${prompt}Write about ${TOPICS[index % TOPICS.length]}, part ${index}.`
        return {
          custom_id: String(index),
          body: { ...body, messages: [{ role: 'user', content }] },
        }
      })
      const wanted = {
        input_file_id: await uploadLines(server.client, jsonLines(lines)),
        endpoint: '/v1/chat/completions' as const,
        completion_window: '24h' as const,
      }
      const dryRun = { ...wanted, longhaul: { dry_run: true } }
      const quote = (await server.client.batches.create(dryRun)) as object
      const { id } = await server.client.batches.create(wanted)
      const batch = (await untilEnded(server.client, id)) as object
      const { estimated_cost_usd, basis } = quote as { estimated_cost_usd: number; basis: string }
      const { longhaul } = batch as { longhaul: { cost_so_far_usd: number } }
      expect(basis).toBe('assumed_lengths')
      expect(Math.abs(estimated_cost_usd / longhaul.cost_so_far_usd - 1)).toBeLessThan(0.2)
    } finally {
      await server.close()
    }
  },
)
