import { expect, it } from '@jest/globals'
import { simulatorBehaviours, simulatorCatalog } from '@longhaul/runtime'
import { jsonLines, type Line, untilEnded, uploadLines } from './batch-files.ts'
import { openOpenAiServer } from './server.ts'

type Body = Record<string, unknown>

const LINES = 60
const MODELS = Object.keys(simulatorBehaviours)
const TOPICS = ['tides and their causes', 'the history of bridges', 'how lenses bend light']
const LONG = 'The tide rises twice a day along most coasts, though not by the same height. '.repeat(
  60,
)
const SYNTHETIC = ['context ', 'a ', 'x7f3 ', '{"k": 12},\n', '東京 '].map(part =>
  part.repeat(4_000),
)

const person = {
  type: 'object',
  properties: {
    name: { type: 'string', description: 'The full name, as it stands in the text' },
    age: { type: 'integer' },
    tags: { type: 'array', items: { type: 'string', enum: ['young', 'old', 'unknown'] } },
  },
  required: ['name', 'age', 'tags'],
  additionalProperties: false,
}
const personFormat = { name: 'person', strict: true, schema: person }
const findPerson = { name: 'find_person', description: 'Looks for a person', parameters: person }

function asked(index: number, before = ''): Body {
  const content = `${before}Write about ${TOPICS[index % TOPICS.length]}, part ${index}.`
  return { messages: [{ role: 'user', content }] }
}

const chats: Array<[string, (index: number) => Body]> = [
  ['short answers', index => ({ ...asked(index), model: 'sim-large', max_tokens: 60 })],
  ['answers cut at their mean', index => ({ ...asked(index), model: 'auto', max_tokens: 285 })],
  ['one token', index => ({ ...asked(index), model: 'sim-small', max_tokens: 1 })],
  ['many models', index => ({ ...asked(index), model: MODELS[index % MODELS.length] })],
  ['long prompts', index => ({ ...asked(index, LONG), model: index % 2 ? 'sim-large' : 'auto' })],
  [
    'prompts that nobody writes',
    index => ({ ...asked(index, SYNTHETIC[index % SYNTHETIC.length]), model: 'sim-medium' }),
  ],
  [
    'JSON by schema',
    index => ({
      ...asked(index),
      model: 'sim-small',
      max_tokens: 20,
      response_format: { type: 'json_schema', json_schema: personFormat },
    }),
  ],
  [
    'tools',
    index => ({
      ...asked(index),
      model: 'sim-medium',
      max_tokens: 20,
      tools: [{ type: 'function', function: findPerson }],
    }),
  ],
  ['several answers', index => ({ ...asked(index), model: 'sim-medium', n: 3 })],
]

const files: Array<[string, string, (index: number) => Body]> = [
  ...chats.map(([name, body]): [string, string, typeof body] => [
    '/v1/chat/completions',
    name,
    body,
  ]),
  [
    '/v1/responses',
    'instructions',
    index => ({
      model: 'sim-large',
      instructions: 'Be brief.',
      input: `About ${TOPICS[index % TOPICS.length]}, ${index}?`,
    }),
  ],
  [
    '/v1/embeddings',
    'texts',
    index => ({
      model: 'sim-small',
      dimensions: 64,
      input: [`Notes on ${TOPICS[index % TOPICS.length]}`, LONG, `${index}`],
    }),
  ],
]

it.each(files)(
  'a fresh installation on the simulator quotes a batch of %s within a fifth: %s',
  async (endpoint, _, bodyOf) => {
    const server = await openOpenAiServer(({ origin }) => simulatorCatalog(origin))
    try {
      for (const [model, { outputTokens }] of Object.entries(simulatorBehaviours)) {
        server.simulator.script(model, { outputTokens })
      }
      const lines = Array.from(
        { length: LINES },
        (_, index): Line => ({ custom_id: String(index), url: endpoint, body: bodyOf(index) }),
      )
      const wanted = {
        input_file_id: await uploadLines(server.client, jsonLines(lines)),
        endpoint: endpoint as '/v1/chat/completions',
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
