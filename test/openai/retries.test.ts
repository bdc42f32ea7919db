import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { freePort } from '@longhaul/embedded-postgres'
import type OpenAI from 'openai'
import { TcpProxy } from '../fault/tcp-proxy.ts'
import { type OpenAiServer, openOpenAiServer } from './server.ts'

let server: OpenAiServer
let network: TcpProxy
/** It tries again by itself, as often as it does unless told otherwise. */
let client: OpenAI

beforeAll(async () => {
  server = await openOpenAiServer()
  network = await TcpProxy.listen(await freePort(), Number(new URL(server.url).port))
  client = server.clientWith({ baseURL: `http://127.0.0.1:${network.port}/v1`, maxRetries: 2 })
})
afterAll(async () => {
  await network.close()
  await server.close()
})

/** Asks, and breaks the connection while the model is at its first answer. */
async function askAcrossABreak(
  marker: string,
  script: string,
  headers: Record<string, string> = {},
) {
  const content = `[[${marker}?${script}&answer=after+all]]`
  const asked = client.chat.completions.create(
    { model: 'small', messages: [{ role: 'user', content }] },
    { headers },
  )
  await server.simulator.waitFor(calls => calls.of(marker) === 1)
  network.reset()
  const { choices } = await asked
  const jobs = await server.query<{ status: string }>(
    `SELECT j.status FROM jobs j JOIN job_bodies b ON b.job_id = j.id AND b.kind = 'request'
     WHERE b.body LIKE $1 ORDER BY j.id`,
    [`%[[${marker}?%`],
  )
  return {
    answer: choices[0]?.message.content,
    statuses: jobs.map(({ status }) => status),
    calls: server.simulator.calls.of(marker),
  }
}

describe('a connection that breaks before the answer', () => {
  it('ends the job that nobody waits for, and the client asks for another by itself', async () => {
    expect(await askAcrossABreak('broken', 'fault=hang&times=1')).toEqual({
      answer: 'after all',
      statuses: ['cancelled', 'succeeded'],
      calls: 2,
    })
  })

  it('changes nothing under an idempotency key: the client is told the answer of the first job', async () => {
    const headers = { 'Idempotency-Key': 'order-18' }
    expect(await askAcrossABreak('kept', 'latency=400', headers)).toEqual({
      answer: 'after all',
      statuses: ['succeeded'],
      calls: 1,
    })
  })
})
