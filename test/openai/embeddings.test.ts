import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { type OpenAiServer, openOpenAiServer } from './server.ts'

let server: OpenAiServer
beforeAll(async () => {
  server = await openOpenAiServer()
})
afterAll(() => server.close())

describe('embeddings by the official client', () => {
  it('answers numbers, which the client asks for as base64', async () => {
    const { data, usage } = await server.client.embeddings.create({
      model: 'embedder',
      input: ['good morning', 'good night'],
      dimensions: 64,
    })
    expect(data.map(({ embedding }) => embedding.length)).toEqual([64, 64])
    expect(Math.hypot(...(data[0]?.embedding ?? []))).toBeCloseTo(1, 4)
    expect(usage.prompt_tokens).toBeGreaterThan(0)
  })

  it('answers numbers as they are when asked', async () => {
    const { data } = await server.client.embeddings.create({
      model: 'auto',
      input: 'good morning',
      encoding_format: 'float',
    })
    expect(data[0]?.embedding).toHaveLength(1_536)
  })

  it('names the field at fault', async () => {
    await expect(
      server.client.embeddings.create({ model: 'small', input: 'a' }),
    ).rejects.toMatchObject({ status: 400, param: 'model', code: 'invalid_value' })
    await expect(
      server.client.embeddings.create({ model: 'embedder', input: [] }),
    ).rejects.toMatchObject({ status: 400, param: 'input' })
  })
})

describe('models by the official client', () => {
  it('lists and gets them', async () => {
    const names: string[] = []
    for await (const model of server.client.models.list()) names.push(model.id)
    expect(names).toEqual(['auto', 'frugal', 'small', 'large', 'claude', 'embedder'])
    await expect(server.client.models.retrieve('small')).resolves.toMatchObject({
      object: 'model',
      owned_by: 'longhaul',
    })
  })

  it('knows no others', async () => {
    await expect(server.client.models.retrieve('smal')).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
    })
  })
})
