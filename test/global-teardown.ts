import { once } from 'node:events'

export default async function globalTeardown(): Promise<void> {
  const host = globalThis.longhaulServerHost
  if (!host?.stdin) return
  const response = await fetch(`${process.env.LONGHAUL_TEST_SERVERS}/left-out`)
  const leftOut = (await response.json()) as string[]
  if (leftOut.length > 0) {
    console.error(`\nLEFT OUT, since servers cannot be had:\n- ${leftOut.join('\n- ')}\n`)
  }
  const exited = once(host, 'exit')
  host.stdin.end()
  await exited
}
