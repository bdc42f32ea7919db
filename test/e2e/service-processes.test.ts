import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { systemClock } from '@longhaul/contracts'
import { eventually } from '../conformance/eventually.ts'
import { testDatabaseUrl } from '../database.ts'
import { Child } from '../processes/child.ts'

const START_MS = 90_000
const programOf = (service: string) =>
  fileURLToPath(new URL(`../../services/${service}/main.ts`, import.meta.url))

let folder: string
let child: Child | undefined
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'longhaul-service-'))
  const model = {
    context_window: 8_000,
    price: { input: 1, output: 1 },
    deployments: { main: { provider: 'openai-compatible', base_url: 'http://127.0.0.1:9/v1' } },
  }
  writeFileSync(join(folder, 'longhaul.yaml'), JSON.stringify({ models: { m: model } }))
})
afterEach(async () => {
  await child?.end('SIGKILL', 5_000)
  rmSync(folder, { recursive: true, force: true })
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address ? address.port : 0
}

async function start(service: string, env: Record<string, string> = {}): Promise<string> {
  const port = await freePort()
  const shared = { HOST: '127.0.0.1', PORT: String(port), DATABASE_URL: testDatabaseUrl() }
  child = new Child([programOf(service)], {
    name: service,
    logFile: join(folder, 'log'),
    env: { ...shared, LONGHAUL_CONFIG: join(folder, 'longhaul.yaml'), ...env },
  })
  return `http://127.0.0.1:${port}`
}

/** A server that is not up yet refuses connections. */
async function fetchOnceUp(url: string): Promise<Response> {
  const deadline = systemClock.now() + START_MS
  for (;;) {
    try {
      return await fetch(url)
    } catch (error) {
      if (systemClock.now() > deadline) throw error
      await new Promise(resolve => setTimeout(resolve, 100))
    }
  }
}

describe('a service in a process of its own', () => {
  it.each(['ingress', 'courier'])(
    '%s tells its health and metrics, and stops at SIGTERM',
    async service => {
      const origin = await start(service)
      expect((await fetchOnceUp(`${origin}/healthz`)).status).toBe(200)
      // Its parts have less than a second to answer, and a busy machine may take that.
      const ready = await eventually(
        () => fetch(`${origin}/readyz`),
        ({ status }) => status === 200,
      )
      expect([ready.status, await ready.json()]).toEqual([
        200,
        expect.objectContaining({ ready: true }),
      ])
      const metrics = await (await fetch(`${origin}/metrics`)).text()
      expect(metrics).toMatch(/^longhaul_coordination_shared 0$/m)
      expect(await child?.end('SIGTERM', 60_000)).toBe(0)
    },
  )

  it.each(['router', 'worker', 'dispatcher'])(
    '%s says that it needs a shared bus',
    async service => {
      await start(service)
      await child?.exited
      expect(await child?.end('SIGTERM', 60_000)).toBe(1)
      expect(readFileSync(join(folder, 'log'), 'utf8')).toContain(
        'needs a bus that processes share',
      )
    },
  )

  const TAKES_UP_MS = 2 * START_MS
  it(
    'tells in /readyz of an ingress that its configuration has faults now',
    async () => {
      const origin = await start('ingress')
      const configuration = async () => {
        const answer = (await (await fetchOnceUp(`${origin}/readyz`)).json()) as {
          parts: Record<string, { detail: string }>
        }
        return answer.parts.configuration?.detail
      }
      expect(await configuration()).toBe('as in the file')

      writeFileSync(join(folder, 'longhaul.yaml'), 'models: none')

      const deadline = systemClock.now() + START_MS
      while ((await configuration()) === 'as in the file' && systemClock.now() < deadline) {
        await new Promise(resolve => setTimeout(resolve, 100))
      }
      expect(await configuration()).toBe(
        'the file has faults: running with the last good configuration',
      )
    },
    TAKES_UP_MS,
  )

  it('that finds its port taken ends before it takes work, and names the setting', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const address = other.address()
    const port = typeof address === 'object' && address ? String(address.port) : ''
    try {
      await start('courier', { PORT: port })
      await child?.exited
      expect(await child?.end('SIGTERM', 15_000)).toBe(1)
      expect(readFileSync(join(folder, 'log'), 'utf8')).toBe(
        `port ${port} of 127.0.0.1 is taken: stop what listens there, or name another port with PORT\n`,
      )
    } finally {
      other.close()
    }
  })

  it('names every setting that is missing or wrong', async () => {
    await start('courier', { DATABASE_URL: '', PORT: 'x' })
    await child?.exited
    const log = readFileSync(join(folder, 'log'), 'utf8')
    expect(log).toContain('DATABASE_URL is missing')
    expect(log).toContain('PORT must be a whole number')
  })
})
