import { mkdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { freePort } from '@longhaul/embedded-postgres'
import { fetchJars, readLock } from '../maven/jars.ts'
import { findJava } from '../maven/java.ts'
import { Supervised } from '../supervised.ts'

/** One jar that holds all it needs; 61 MB. */
const LOCK_FILE = join(import.meta.dirname, 's3mock.sha256')
const READY_TIMEOUT_MS = 90_000
const STOP_TIMEOUT_MS = 10_000
const ASK_TIMEOUT_MS = 1_000

/** A server of S3's protocol (Adobe S3Mock) as a child process, without a bucket. It takes any credentials. */
export class LocalS3 {
  readonly #dataDir: string
  #port: number | undefined
  #process: Supervised | undefined

  /** @param dataDir holds `s3/` and `s3.log`; what is stored there goes with `stop` */
  constructor({ dataDir }: { dataDir: string }) {
    this.#dataDir = resolve(dataDir)
  }

  /** From the first start on. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /**
   * Resolves when it answers.
   * @throws {Error} it cannot be had: no Java from 17 on, or no jar
   */
  async start(): Promise<void> {
    const java = await findJava()
    const jar = await fetchJars(readLock(readFileSync(LOCK_FILE, 'utf8')))
    this.#port = await freePort()
    const root = join(this.#dataDir, 's3')
    mkdirSync(root, { recursive: true })
    this.#process = new Supervised({
      program: java,
      args: [
        '-Xmx256m',
        '-XX:+UseSerialGC',
        '-XX:TieredStopAtLevel=1',
        '-jar',
        jar,
        // Beside plain HTTP it always has TLS.
        '--server.port=0',
        '--server.address=127.0.0.1',
        `--com.adobe.testing.s3mock.httpPort=${this.#port}`,
        `--com.adobe.testing.s3mock.store.root=${root}`,
      ],
      logFile: join(this.#dataDir, 's3.log'),
    })
    await this.#process.untilReady(() => answers(this.url), READY_TIMEOUT_MS)
  }

  /** Orderly; safe to call twice. */
  async stop(): Promise<void> {
    await this.#process?.stop(STOP_TIMEOUT_MS)
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(ASK_TIMEOUT_MS) })).ok
  } catch {
    return false
  }
}
