import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { configSchema, type DecisionRecord, ruleVariables } from '@longhaul/contracts'
import { type Simulator, startSimulator } from '@longhaul/simulator'
import { parse } from 'yaml'
import { openTestIngress, type TestIngress } from '../ingress.ts'
import { examplesOf, plain, readDocument, sectionOf, tableRows } from './markdown.ts'

const guide = readDocument('docs/guides/routing.md')
/** A bar within a cell is escaped. */
const BAR = '\uE000'
const rows = tableRows(sectionOf(guide, '## Try it').replaceAll('\\|', BAR)).map(cells =>
  cells.map(cell => plain(cell).replaceAll(BAR, '|')),
)

let simulator: Simulator
let ingress: TestIngress

/** The guide's own configuration, with the simulator in the place of its server. */
beforeAll(async () => {
  simulator = await startSimulator()
  const [configuration] = examplesOf(guide)
  const yaml = configuration?.text.replaceAll('http://127.0.0.1:8000/v1', simulator.url) ?? ''
  // A busy machine may take longer than the 300 ms of the guide.
  const config = configSchema.parse(parse(yaml.replace('timeout: 300ms', 'timeout: 10s')))
  ingress = await openTestIngress({ config })
})

afterAll(async () => {
  await ingress?.close()
  await simulator?.close()
})

describe('the routing guide', () => {
  it.each(rows)('%s sends "%s" to %s: %s', async (policy, prompt, model, because) => {
    const body = { messages: [{ role: 'user', content: prompt }] }
    const { status, json } = await ingress.call<DecisionRecord>('POST', '/v1/route', {
      policy,
      body,
    })
    expect(status).toBe(200)
    expect(json).toMatchObject({ model, reason: expect.stringContaining(because ?? '') })
  })

  it('gives decisions with the nearest routes', async () => {
    const body = { messages: [{ role: 'user', content: 'please review my contract' }] }
    const { json } = await ingress.call<DecisionRecord>('POST', '/v1/route', {
      policy: 'topics',
      body,
    })
    expect(json.nearest).toEqual([
      { route: 'contracts', similarity: expect.any(Number) },
      { route: 'smalltalk', similarity: expect.any(Number) },
    ])
  })

  it('names what expressions may ask for', () => {
    const known = Object.entries(ruleVariables).map(([name, { type, meaning }]) => [
      `\`${name}\``,
      type,
      meaning,
    ])
    expect(tableRows(sectionOf(guide, '## Rules'))).toEqual(known)
  })
})
