import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../supervised.ts'

const OLDEST = 17

/**
 * `java` of `JAVA_HOME`, else of the path.
 * @throws {Error} there is none, or one older than 17, which neither Kafka nor S3Mock runs on
 */
export async function findJava(): Promise<string> {
  const home = process.env.JAVA_HOME
  const own = home && join(home, 'bin/java')
  const java = own && existsSync(own) ? own : 'java'
  let version: string
  try {
    version = await run(java, ['--version'])
  } catch (cause) {
    throw new Error(`it needs Java ${OLDEST} or later, and ${java} does not run`, { cause })
  }
  const major = Number(/^\S+ (\d+)/.exec(version)?.[1])
  if (!(major >= OLDEST)) throw new Error(`it needs Java ${OLDEST} or later, not ${version}`)
  return java
}
