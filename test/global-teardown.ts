import { rmSync } from 'node:fs'

export default async function globalTeardown(): Promise<void> {
  await globalThis.longhaulTestPostgres?.stop()
  if (globalThis.longhaulTestFolder) {
    rmSync(globalThis.longhaulTestFolder, { recursive: true, force: true })
  }
}
