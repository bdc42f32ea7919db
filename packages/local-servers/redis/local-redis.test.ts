import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from '@jest/globals'
import { describeOn } from '../../../test/servers.ts'
import { LocalRedis } from './local-redis.ts'

let dataDir: string
let redis: LocalRedis | undefined
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'longhaul-redis-'))
})
afterEach(async () => {
  await redis?.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

/** One command, as a person would type it. */
async function ask(url: string, command: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.write(`${command}\r\n`)
  const [answer] = await once(socket, 'data')
  socket.destroy()
  return String(answer).trim()
}

await describeOn('local-redis', 'a local Redis', () => {
  it.each(['stop', 'kill'] as const)(
    'comes back on the same port, and empty, after %s',
    async end => {
      redis = new LocalRedis({ dataDir })
      await redis.start()
      const { url, pid } = redis
      expect(await ask(url, 'SET job done')).toBe('+OK')
      await redis[end]()
      expect(redis.pid).toBeUndefined()
      await redis.start()
      expect(redis.url).toBe(url)
      expect(redis.pid).not.toBe(pid)
      expect(await ask(url, 'GET job')).toBe('$-1')
    },
  )

  it('keeps its data when it is persistent', async () => {
    redis = new LocalRedis({ dataDir, persistent: true })
    await redis.start()
    await ask(redis.url, 'SET job done')
    await redis.stop()
    await redis.start()
    expect(await ask(redis.url, 'GET job')).toContain('done')
  })
})
