import { afterEach, describe, expect, it } from '@jest/globals'
import { Pipeline, simulated } from '../pipeline.ts'

describe('jobs under a semantic policy', () => {
  let pipeline: Pipeline | undefined
  afterEach(async () => {
    await pipeline?.close()
    pipeline = undefined
  })

  async function open(timeout: string): Promise<Pipeline> {
    pipeline = await Pipeline.open({
      config: simulator => ({
        models: {
          legal: simulated(simulator),
          cheap: { ...simulated(simulator), price: { input: 0, output: 0 } },
          embedder: { ...simulated(simulator), endpoints: ['/v1/embeddings'] },
        },
        policies: {
          topics: {
            strategy: 'semantic',
            semantic: {
              embeddings: 'embedder',
              timeout,
              routes: { contracts: { utterances: ['review this contract'], use: 'legal' } },
            },
          },
        },
        default_policy: 'topics',
      }),
    })
    return pipeline
  }

  it('go where the nearest utterance says, each after one embedding call', async () => {
    const p = await open('10s')
    const near = await p.untilEnded(await p.submit('please review this contract'))
    const far = await p.untilEnded(await p.submit('tell a joke'))

    expect([near.model, far.model]).toEqual(['legal', 'cheap'])
    expect(p.simulator.calls.byModel.get('embedder')).toBe(3)
  })

  it('go where `otherwise` says while the embeddings model hangs', async () => {
    const p = await open('50ms')
    p.simulator.script('embedder', { failures: [{ fault: { kind: 'hang' } }] })
    const job = await p.untilEnded(await p.submit('please review this contract'))

    expect(job).toMatchObject({ status: 'succeeded', model: 'cheap' })
  })
})
