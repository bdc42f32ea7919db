import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { run, Supervised } from './supervised.ts'

let folder: string
let logFile: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'longhaul-supervised-'))
  logFile = join(folder, 'log')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** A dead process that nobody has reaped yet does not run. */
async function runs(pid: number): Promise<boolean> {
  const state = await run('ps', ['-o', 'stat=', '-p', String(pid)]).catch(() => '')
  return state !== '' && !state.startsWith('Z')
}

describe('a supervised process', () => {
  it('dies with its parent, even when that is killed', async () => {
    const code = `
      import { Supervised } from ${JSON.stringify(join(import.meta.dirname, 'supervised.ts'))}
      const server = new Supervised({ program: 'sleep', args: ['600'], logFile: ${JSON.stringify(logFile)} })
      console.log(server.pid)`
    const parent = spawn(process.execPath, ['--input-type=module-typescript', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [output] = await once(parent.stdout, 'data')
    const pid = Number(output)
    expect(await runs(pid)).toBe(true)

    parent.kill('SIGKILL')

    while (await runs(pid)) await delay(20)
  })

  it('is killed when it takes too long to stop', async () => {
    const args = ['-c', 'trap "" TERM; echo deaf; while :; do sleep 0.05; done']
    const server = new Supervised({ program: 'sh', args, logFile })
    await server.untilReady(async () => (await run('cat', [logFile])).includes('deaf'), 60_000)
    await server.stop(50)
    expect(server.running).toBe(false)
    await server.stop(50)
  })

  it('tells the end of its log when it does not start', async () => {
    const args = ['-c', 'echo the port is taken; exit 1']
    const server = new Supervised({ program: 'sh', args, logFile })
    await expect(server.untilReady(async () => false, 60_000)).rejects.toThrow(/the port is taken/)
  })

  it('is killed when it is not ready in time', async () => {
    const server = new Supervised({ program: 'sleep', args: ['600'], logFile })
    await expect(server.untilReady(async () => false, 100)).rejects.toThrow(
      /not ready after 100 ms/,
    )
    expect(server.running).toBe(false)
  })

  it('that does not exist is told like one that died', async () => {
    const server = new Supervised({ program: join(folder, 'none'), args: [], logFile })
    await server.exited()
    await expect(server.untilReady(async () => false, 60_000)).rejects.toThrow(/did not start/)
    await server.stop(50)
  })
})
