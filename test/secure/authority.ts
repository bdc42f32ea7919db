import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runOpenssl } from '@longhaul/local-servers'

/** Paths of PEM files. */
export interface Issued {
  cert: string
  key: string
  /** Key and certificate in one file, as Kafka takes a keystore. */
  both: string
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc']
const DAYS = '2'

/** A certificate authority for the servers of a test. */
export class Authority {
  /** Path of its certificate. */
  readonly ca: string
  readonly #folder: string
  readonly #key: string

  private constructor(folder: string) {
    this.#folder = folder
    this.ca = join(folder, 'ca.pem')
    this.#key = join(folder, 'ca.key')
  }

  /** @param folder its own; made when absent */
  static async make(folder: string): Promise<Authority> {
    mkdirSync(folder, { recursive: true })
    const authority = new Authority(folder)
    await runOpenssl([
      ...['req', '-x509', '-days', DAYS, '-subj', '/CN=authority of a test', ...KEY],
      ...['-keyout', authority.#key, '-out', authority.ca],
    ])
    return authority
  }

  /** @param names as `DNS:localhost`, `IP:127.0.0.1`; none for a client */
  async issue(subject: string, names: readonly string[] = []): Promise<Issued> {
    const [cert, key, both] = ['pem', 'key', 'both.pem'].map(ending =>
      join(this.#folder, `${subject}.${ending}`),
    ) as [string, string, string]
    const extensions = ['basicConstraints=critical,CA:FALSE']
    if (names.length > 0) extensions.push(`subjectAltName=${names.join(',')}`)
    await runOpenssl([
      ...['req', '-x509', '-days', DAYS, '-subj', `/CN=${subject}`, ...KEY],
      ...extensions.flatMap(extension => ['-addext', extension]),
      ...['-CA', this.ca, '-CAkey', this.#key, '-keyout', key, '-out', cert],
    ])
    writeFileSync(both, readFileSync(key, 'utf8') + readFileSync(cert, 'utf8'), { mode: 0o600 })
    return { cert, key, both }
  }
}
