import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Jar, readLock } from '../maven/jars.ts'

/** `write-lock.ts` brings it up to date. */
export const LOCK_FILE = join(import.meta.dirname, 'jars.sha256')

export function kafkaJars(): Jar[] {
  return readLock(readFileSync(LOCK_FILE, 'utf8'))
}
