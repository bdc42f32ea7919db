import { relative } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import type { ServerKind } from './server-host/sources.ts'

/**
 * Where the test run has a server of that kind: the one that the environment
 * names, else one that is started now, and shared by all tests of the run.
 * Tests keep to names of their own there, and clean up.
 * @returns undefined where it cannot be had: the suite is left out, and named at the end of the run
 * @throws {Error} it cannot be had, and `CI` is set
 */
export async function serverAddress(kind: ServerKind): Promise<string | undefined> {
  const host = process.env.LONGHAUL_TEST_SERVERS
  if (!host) throw new Error('LONGHAUL_TEST_SERVERS is not set: run through npm test')
  const testFile = relative(process.cwd(), expect.getState().testPath ?? '')
  const response = await fetch(`${host}/${kind}?for=${encodeURIComponent(testFile)}`)
  const answer = await response.text()
  if (response.ok) return answer
  if (process.env.CI) throw new Error(`no ${kind} to test with: ${answer}`)
  return undefined
}

/** A suite on a server; awaited at the top of a test file, since Jest must know before it runs. */
export async function describeOn(
  kind: ServerKind,
  title: string,
  suite: (address: string) => void,
): Promise<void> {
  const address = await serverAddress(kind)
  if (address !== undefined) describe(title, () => suite(address))
  else leftOut(kind, title)
}

/** Stands for a suite that is left out, so that it is counted as skipped. */
export function leftOut(kind: ServerKind, title: string): void {
  describe.skip(title, () => {
    it(`needs ${kind}`, () => {})
  })
}
