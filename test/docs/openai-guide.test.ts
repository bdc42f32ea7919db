import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { examplesOf, readDocument, repositoryPath } from './markdown.ts'
import { type RunningLonghaul, startLonghaul } from './running-longhaul.ts'

const examples = examplesOf(readDocument('docs/guides/openai.md'))

let longhaul: RunningLonghaul
beforeAll(async () => {
  longhaul = await startLonghaul()
})
afterAll(() => longhaul?.close())

/** As a reader would run it who has the client installed and two variables set. */
async function output(name: string): Promise<string> {
  const example = examples.find(each => each.name === name)
  if (!example) throw new Error(`the guide has no example "${name}"`)
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '-e', example.text],
    {
      cwd: repositoryPath('.'),
      env: {
        PATH: process.env.PATH,
        OPENAI_BASE_URL: `${longhaul.url}/v1`,
        OPENAI_API_KEY: longhaul.key,
      },
    },
  )
  return stdout
}

describe('the examples of the guide to OpenAI clients, run as they stand', () => {
  it('are all looked at here', () => {
    expect(examples.map(({ name }) => name)).toEqual([
      'chat',
      'stream',
      'embeddings',
      'background',
      'resume',
    ])
  })

  it('chat', async () => {
    expect(await output('chat')).toMatch(/\S[\s\S]*\nsim-[a-z]+\n$/)
  })

  it('stream', async () => {
    expect(await output('stream')).toMatch(/\S[\s\S]*\n\d+ tokens\n$/)
  })

  it('embed', async () => {
    expect(await output('embeddings')).toBe('2 1536\n')
  })

  it('wait in the background', async () => {
    expect(await output('background')).toBe('queued\ncompleted true\n')
  })

  it('resume a stream', async () => {
    expect(await output('resume')).toBe('response.completed\n')
  })
})
