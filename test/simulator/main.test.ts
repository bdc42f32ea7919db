import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, it } from '@jest/globals'

async function firstLine(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('the child has no stdout')
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  return line
}

describe('the simulator as a process', () => {
  it('says where it listens, obeys its script file, and stops on SIGTERM', async () => {
    const script = join(mkdtempSync(join(tmpdir(), 'simulator-')), 'script.json')
    writeFileSync(script, JSON.stringify({ models: { m: { answer: 'scripted' } } }))
    const main = join(import.meta.dirname, 'main.ts')
    const child = spawn(process.execPath, [main, '--port', '0', '--script', script])
    try {
      const { url } = JSON.parse(await firstLine(child)) as { url: string }

      const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Why?' }] })
      const answer = await fetch(`${url}/chat/completions`, { method: 'POST', body })
      expect(await answer.text()).toContain('scripted')

      child.kill('SIGTERM')
      expect(await once(child, 'exit')).toEqual([0, null])
    } finally {
      child.kill('SIGKILL')
    }
  })
})
