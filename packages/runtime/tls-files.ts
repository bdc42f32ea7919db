import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import type { Env, EnvFault } from './env.ts'

/** Paths of PEM files; without `caFile` the authorities that Node knows count. */
export interface TlsFiles {
  caFile: string | undefined
  certFile: string | undefined
  keyFile: string | undefined
}

/** What the files hold, as Node's `tls` takes it. */
export interface TlsMaterial {
  ca?: string
  cert?: string
  key?: string
}

/** Variables of a server are this and `_CA_FILE`, `_CERT_FILE`, `_KEY_FILE`. */
const tlsPrefixes = ['KAFKA_TLS', 'REDIS_TLS'] as const
export type TlsPrefix = (typeof tlsPrefixes)[number]

export function tlsVariables(prefix: TlsPrefix): Record<keyof TlsFiles, string> {
  return {
    caFile: `${prefix}_CA_FILE`,
    certFile: `${prefix}_CERT_FILE`,
    keyFile: `${prefix}_KEY_FILE`,
  }
}

/** @throws {Error} with Node's `code`, naming the file that cannot be read */
export function readTlsFiles({ caFile, certFile, keyFile }: TlsFiles): TlsMaterial {
  const read = (path: string | undefined) => path && readFileSync(path, 'utf8')
  const [ca, cert, key] = [read(caFile), read(certFile), read(keyFile)]
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) }
}

/**
 * What is wrong with the files that the environment names. Node would take a
 * file without a certificate for no authority at all, and tell of a key that
 * does not fit at every attempt to connect.
 */
export function tlsFileFaults(env: Env): EnvFault[] {
  return tlsPrefixes.flatMap(prefix => {
    const { caFile, certFile, keyFile } = tlsVariables(prefix)
    const unreadable = [caFile, certFile, keyFile].flatMap(variable => readingFault(env, variable))
    if (unreadable.length > 0) return unreadable
    const certificates = [caFile, certFile].flatMap(variable => certificateFault(env, variable))
    return certificates.length > 0 ? certificates : pairFault(env, certFile, keyFile)
  })
}

function readingFault(env: Env, variable: string): EnvFault[] {
  const path = env[variable]
  if (path === undefined) return []
  try {
    readFileSync(path)
    return []
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const message = `names ${path}, which cannot be read (${code})`
    return [{ variable, message, remedy: 'correct the path, or the rights of the file' }]
  }
}

function certificateFault(env: Env, variable: string): EnvFault[] {
  const path = env[variable]
  if (path === undefined) return []
  try {
    new X509Certificate(readFileSync(path))
    return []
  } catch {
    const message = `names ${path}, which does not begin with a certificate in PEM`
    return [{ variable, message, remedy: 'name a file with -----BEGIN CERTIFICATE-----' }]
  }
}

function pairFault(env: Env, certVariable: string, keyVariable: string): EnvFault[] {
  const [certPath, keyPath] = [env[certVariable], env[keyVariable]]
  if (certPath === undefined || keyPath === undefined) return []
  try {
    createSecureContext({ cert: readFileSync(certPath), key: readFileSync(keyPath) })
    return []
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    return [
      {
        variable: keyVariable,
        message: `names ${keyPath}, which is not the key of ${certVariable} (${code})`,
        remedy: 'name the key of that certificate, in PEM and without a passphrase',
      },
    ]
  }
}
