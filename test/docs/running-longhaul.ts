import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { simulatorCatalog } from '@longhaul/runtime'
import { startSimulator } from '@longhaul/simulator'
import { repositoryPath } from './markdown.ts'

export interface RunningLonghaul {
  url: string
  /** As the start printed it. */
  key: string
  /** What the start printed, whole. */
  startMessage: string
  close(): Promise<void>
}

/** What `npm start` runs, in a folder of its own, with models of a simulator; loopback receivers are allowed. */
export async function startLonghaul(): Promise<RunningLonghaul> {
  const folder = mkdtempSync(join(tmpdir(), 'longhaul-docs-'))
  const simulator = await startSimulator()
  const config = join(folder, 'longhaul.yaml')
  const catalog = simulatorCatalog(simulator.origin)
  // YAML is a superset of JSON.
  writeFileSync(config, JSON.stringify({ ...catalog, webhooks: { allow: ['127.0.0.1/32'] } }))
  const child = spawn(process.execPath, [repositoryPath('services/launcher/main.ts')], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      LONGHAUL_PORT: '0',
      LONGHAUL_CONFIG: config,
      LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const close = async () => {
    await end(child)
    await simulator.close()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const startMessage = await untilStarted(child)
    const url = /ready at (http:\S+)/.exec(startMessage)?.[1] ?? ''
    const key = /\blh_[\w-]+/.exec(startMessage)?.[0] ?? ''
    return { url, key, startMessage, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** The message ends with the curl to try. */
async function untilStarted(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('no standard output')
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line)
    if (/^\s+-d '/.test(line)) return lines.join('\n')
  }
  throw new Error(`Longhaul ended with ${child.exitCode} before it was ready:\n${lines.join('\n')}`)
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  await exited
}
