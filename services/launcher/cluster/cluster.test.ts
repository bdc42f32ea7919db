import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Child } from '../../../test/processes/child.ts'
import { runningProcesses } from '../../../test/processes/running.ts'
import { leftOut, serverAddress } from '../../../test/servers.ts'

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url))
const START_MS = 240_000
const STOP_MS = 60_000
const KEY = 'a-key-for-the-tests-of-a-cluster'
const ONE_OF_EACH = ['--routers', '1', '--workers', '1']

const title = 'npm run cluster'
const servers = [await serverAddress('local-kafka'), await serverAddress('local-redis')]
if (servers.includes(undefined)) leftOut('local-kafka', title)
else {
  describe(title, () => {
    let folder: string
    let cluster: Child | undefined
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'longhaul-cluster-'))
    })
    afterAll(async () => {
      await cluster?.end('SIGKILL', STOP_MS)
      rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
    })

    function run(dataDir = 'data', port = '0'): Child {
      const options = [...ONE_OF_EACH, '--port', port, '--data-dir', join(folder, dataDir)]
      return new Child([MAIN, ...options], {
        name: 'the cluster',
        logFile: join(folder, 'log'),
        env: {
          ...{ LONGHAUL_API_KEY: KEY, LONGHAUL_CONFIG: '', LOG_LEVEL: 'warn' },
          ...{ DATABASE_URL: '', KAFKA_BROKERS: '', REDIS_URL: '' },
        },
      })
    }

    async function start(): Promise<{ url: string; pids: Record<string, number>; output: string }> {
      cluster = run()
      await cluster.printed(/Longhaul is ready at [\s\S]*Try:/, START_MS)
      const { output } = cluster
      const [, url = ''] = /ready at (\S+)/.exec(output) ?? []
      const lines = [...output.matchAll(/^ {2}(\S+-\d+) +http:\S+ +pid (\d+)$/gm)]
      return {
        url,
        output,
        pids: Object.fromEntries(lines.map(([, name, pid]) => [name, Number(pid)])),
      }
    }

    async function submit(url: string): Promise<{ status: string }> {
      const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' }
      const body = JSON.stringify({ body: { messages: [{ role: 'user', content: 'Hello?' }] } })
      const accepted = await fetch(`${url}/v1/jobs`, { method: 'POST', headers, body })
      const { id } = (await accepted.json()) as { id: string }
      const ended = await fetch(`${url}/v1/jobs/${id}?wait=60`, { headers })
      return (await ended.json()) as { status: string }
    }

    it(
      'runs jobs, starts again what dies, refuses a second start on its folder or its port, and stops in order',
      async () => {
        const { url, pids, output } = await start()
        expect(Object.keys(pids).toSorted()).toEqual([
          ...['courier-1', 'dispatcher-1', 'ingress-1', 'router-1', 'worker-1'],
        ])
        expect(await submit(url)).toMatchObject({ status: 'succeeded' })

        process.kill(pids['worker-1'] ?? 0, 'SIGKILL')
        expect(await submit(url)).toMatchObject({ status: 'succeeded' })

        // As command lines show them; Redis writes its address into its own.
        const redis = /Redis +local, redis:\/\/(\S+)/.exec(output)?.[1] ?? 'that was not told'
        for (const server of [`redis-server ${redis}`, join(folder, 'data', 'kafka.properties')]) {
          const [line = ''] = await runningProcesses(server)
          process.kill(Number.parseInt(line, 10), 'SIGKILL')
        }
        expect(await submit(url)).toMatchObject({ status: 'succeeded' })

        for (const second of [run(), run('other', new URL(url).port)]) {
          await second.exited
          expect(await second.end('SIGKILL', 0)).toBe(1)
        }
        expect(readFileSync(join(folder, 'log'), 'utf8')).toContain(
          `port ${new URL(url).port} of 127.0.0.1 is taken`,
        )

        expect(await cluster?.end('SIGTERM', STOP_MS)).toBe(0)
        expect(await runningProcesses(folder)).toEqual([])
      },
      START_MS + STOP_MS,
    )

    it(
      'leaves no process behind when it is killed itself, and goes on from what is there',
      async () => {
        const { url, pids, output } = await start()
        expect(output).toContain('API keys: that of LONGHAUL_API_KEY, and those made before')
        expect(await submit(url)).toMatchObject({ status: 'succeeded' })

        await cluster?.end('SIGKILL', STOP_MS)

        const deadline = performance.now() + 60_000
        const left = async () => [
          ...(await runningProcesses(folder)),
          ...(await runningProcesses(...Object.values(pids))),
        ]
        while ((await left()).length > 0 && performance.now() < deadline) await delay(50)
        expect(await left()).toEqual([])
      },
      START_MS + STOP_MS,
    )
  })
}
