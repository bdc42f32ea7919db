import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

declare global {
  var longhaulServerHost: ChildProcess | undefined
}

const HOST = join(import.meta.dirname, 'server-host/main.ts')

/**
 * One process holds the servers of the run. PostgreSQL is started now; tests ask
 * for the others, see `servers.ts`. In a process group of its own: Ctrl-C must
 * leave it the time to stop them.
 */
export default async function globalSetup(): Promise<void> {
  const host = spawn(process.execPath, [HOST], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  })
  globalThis.longhaulServerHost = host
  const died = once(host, 'exit').then(([code]) => {
    throw new Error(`the host of the test servers ended with ${code}`)
  })
  const [url] = await Promise.race([once(createInterface(host.stdout), 'line'), died])
  process.env.LONGHAUL_TEST_SERVERS = url
  const response = await fetch(`${url}/postgres`)
  const answer = await response.text()
  if (!response.ok) throw new Error(`no PostgreSQL to test with: ${answer}`)
  process.env.LONGHAUL_TEST_DATABASE_URL = answer
}
