import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Authority, type Issued } from '../../test/secure/authority.ts'
import { describeEnvFaults, readServiceEnv } from './environment.ts'

describe('files of certificates', () => {
  let folder: string
  let authority: Authority
  let client: Issued
  let other: Issued
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'longhaul-tls-files-'))
    authority = await Authority.make(folder)
    ;[client, other] = [await authority.issue('client'), await authority.issue('other')]
    writeFileSync(join(folder, 'empty.pem'), '')
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const files = () => ({
    KAFKA_TLS_CA_FILE: authority.ca,
    KAFKA_TLS_CERT_FILE: client.cert,
    KAFKA_TLS_KEY_FILE: client.key,
    REDIS_TLS_CA_FILE: authority.ca,
    REDIS_TLS_CERT_FILE: client.cert,
    REDIS_TLS_KEY_FILE: client.key,
  })
  const read = (changed: Record<string, string | undefined>) =>
    readServiceEnv({
      LONGHAUL_CONFIG: 'longhaul.yaml',
      DATABASE_URL: 'postgres://db/longhaul',
      KAFKA_BROKERS: 'kafka:9093',
      KAFKA_TLS: 'true',
      REDIS_URL: 'rediss://redis:6379',
      ...files(),
      ...changed,
    })

  it('are taken for Kafka and for Redis', () => {
    const { ca: caFile } = authority
    const { cert: certFile, key: keyFile } = client
    const tls = { caFile, certFile, keyFile }
    expect(read({})).toMatchObject({ ok: true, env: { shared: { kafka: { tls }, redisTls: tls } } })
  })

  it.each<[string, () => Record<string, string | undefined>, string]>([
    [
      'one that is not there',
      () => ({ KAFKA_TLS_CA_FILE: '/nowhere/ca.pem' }),
      'KAFKA_TLS_CA_FILE names /nowhere/ca.pem, which cannot be read (ENOENT)',
    ],
    [
      'one without a certificate',
      () => ({ REDIS_TLS_CA_FILE: join(folder, 'empty.pem') }),
      'which does not begin with a certificate in PEM',
    ],
    [
      'the key of another certificate',
      () => ({ REDIS_TLS_KEY_FILE: other.key }),
      'which is not the key of REDIS_TLS_CERT_FILE',
    ],
    [
      'a certificate without its key',
      () => ({ KAFKA_TLS_KEY_FILE: undefined }),
      'KAFKA_TLS_KEY_FILE is missing: KAFKA_TLS_CERT_FILE needs it',
    ],
    [
      'one for a Redis without TLS',
      () => ({ REDIS_URL: 'redis://redis:6379' }),
      'REDIS_TLS_CA_FILE has no effect without a REDIS_URL that begins with rediss://',
    ],
  ])('are refused at the start: %s', (_what, changed, words) => {
    const result = read(changed())
    expect(result.ok ? '' : describeEnvFaults(result.faults)).toContain(words)
  })
})
