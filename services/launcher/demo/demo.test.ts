import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { runningProcesses } from '../../../test/processes/running.ts'
import { serverAddress } from '../../../test/servers.ts'

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url))
const TIMEOUT_MS = 180_000
const CLUSTER_TIMEOUT_MS = 300_000
const clusterServers = [await serverAddress('local-kafka'), await serverAddress('local-redis')]
const itOnServers = clusterServers.includes(undefined) ? it.skip : it

interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

describe('npm run demo', () => {
  /** The current folder, and where temporary ones are made. */
  let folder: string
  let child: ChildProcess | undefined
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'longhaul-demo-test-'))
  })
  afterEach(() => {
    child?.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })

  /** Without the keys of this machine: these models would cost. */
  async function run(words: string[], onOutput: (all: string) => void = () => {}): Promise<Ended> {
    const { PATH } = process.env
    const started = spawn(process.execPath, [MAIN, ...words], {
      cwd: folder,
      env: { PATH, TMPDIR: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child = started
    let stdout = ''
    let stderr = ''
    started.stdout.on('data', chunk => {
      stdout += chunk
      onOutput(stdout)
    })
    started.stderr.on('data', chunk => {
      stderr += chunk
    })
    const [code] = await once(started, 'close')
    return { code, stdout, stderr }
  }

  it(
    'sends prompts through the whole system, and leaves nothing behind',
    async () => {
      const { code, stdout, stderr } = await run(['--prompts', '24'])
      expect(stderr).toBe('')
      expect(stdout).toContain('of the built-in simulator')
      expect(stdout).toMatch(/24\/24 \| \d+\.\d jobs\/s \| done/)
      expect(stdout).toMatch(/│ model +│ jobs │ p50 s │ p95 s │/)
      expect(stdout).toMatch(/│ sim-large +│ +\d+ │/)
      expect(stdout).toMatch(/│ total +│ +24 │/)
      expect(stdout).toMatch(/Had all gone to the strongest model: \$\d+\.\d{4}\. Routed: \$/)
      expect(stdout).toContain('One decision explained')
      expect(stdout).toMatch(/24 of 24 jobs succeeded in [\d.]+ s\./)
      expect(stdout).toMatch(/24 verified, 24 distinct webhook-ids/)
      expect(stdout).toContain('6 jobs polled with ?wait=60')
      expect(code).toBe(0)
      expect(readdirSync(folder)).toEqual([])
    },
    TIMEOUT_MS,
  )

  itOnServers(
    'does so on a cluster of processes too',
    async () => {
      const { code, stdout, stderr } = await run(['--cluster', '--prompts', '12'])
      expect(stderr.replaceAll(/^.*TimeoutNegativeWarning[\s\S]*?was created\)\n/gm, '')).toBe('')
      expect(stdout).toContain('PostgreSQL, Kafka, Redis, and each service in processes of its own')
      expect(stdout).toMatch(/12 of 12 jobs succeeded in [\d.]+ s\./)
      expect(stdout).toMatch(/12 verified, 12 distinct webhook-ids/)
      expect(code).toBe(0)
      expect(readdirSync(folder)).toEqual([])
      expect(await runningProcesses(folder)).toEqual([])
    },
    CLUSTER_TIMEOUT_MS,
  )

  it(
    'stops everything and removes its folder on Ctrl-C',
    async () => {
      let interrupted = false
      const { code, stderr } = await run([], stdout => {
        // Once: it does not wait for anything after a second signal.
        if (interrupted || !stdout.includes('Submitted')) return
        interrupted = true
        child?.kill('SIGINT')
      })
      expect(stderr).toBe('Interrupted; everything was stopped and removed.\n')
      expect(code).toBe(130)
      expect(readdirSync(folder)).toEqual([])
    },
    TIMEOUT_MS,
  )

  it.each([
    [['--prompts', '0'], "argument '0' is invalid"],
    [['--prompts', 'some'], "argument 'some' is invalid"],
    [['--cheap'], "unknown option '--cheap'"],
  ])('refuses %j', async (words, message) => {
    const { code, stderr } = await run(words)
    expect(stderr).toContain(message)
    expect(code).toBe(1)
  })
})
