import { resolve } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import type { Env } from './env.ts'
import { describeEnvFaults, readLauncherEnv, readServiceEnv } from './environment.ts'

function launcherFaults(env: Env): string[] {
  const result = readLauncherEnv(env)
  return result.ok ? [] : describeEnvFaults(result.faults).split('\n')
}

describe('the launcher', () => {
  it('needs nothing', () => {
    expect(readLauncherEnv({ PATH: '/bin' })).toEqual({
      ok: true,
      env: {
        port: 8787,
        host: '127.0.0.1',
        dataDir: resolve('.longhaul'),
        configPath: undefined,
        apiKey: undefined,
        databaseUrl: undefined,
        shared: { kafka: undefined, redisUrl: undefined },
        logLevel: 'info',
        shutdownMs: 25_000,
      },
    })
  })

  it('takes everything', () => {
    const env = {
      LONGHAUL_PORT: '0',
      LONGHAUL_HOST: '::1',
      LONGHAUL_DATA_DIR: '/var/lib/longhaul',
      LONGHAUL_CONFIG: 'longhaul.yaml',
      LONGHAUL_API_KEY: 'lh_0123456789abcdef',
      DATABASE_URL: 'postgresql://app:secret@db/longhaul',
      KAFKA_BROKERS: 'k1:9092, [::1]:9093',
      KAFKA_TLS: 'true',
      KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
      KAFKA_SASL_USERNAME: 'longhaul',
      KAFKA_SASL_PASSWORD: 'secret',
      REDIS_URL: 'rediss://:secret@redis:6379/1',
      LOG_LEVEL: 'debug',
      LONGHAUL_SHUTDOWN_MS: '5000',
    }
    expect(readLauncherEnv(env)).toEqual({
      ok: true,
      env: {
        port: 0,
        host: '::1',
        dataDir: '/var/lib/longhaul',
        configPath: 'longhaul.yaml',
        apiKey: 'lh_0123456789abcdef',
        databaseUrl: 'postgresql://app:secret@db/longhaul',
        shared: {
          kafka: {
            brokers: ['k1:9092', '[::1]:9093'],
            tls: { caFile: undefined, certFile: undefined, keyFile: undefined },
            sasl: { mechanism: 'scram-sha-512', username: 'longhaul', password: 'secret' },
          },
          redisUrl: 'rediss://:secret@redis:6379/1',
          redisTls: { caFile: undefined, certFile: undefined, keyFile: undefined },
        },
        logLevel: 'debug',
        shutdownMs: 5_000,
      },
    })
  })

  it('takes an empty variable for absent, as compose files leave them', () => {
    expect(readLauncherEnv({ LONGHAUL_PORT: '', DATABASE_URL: ' ', REDIS_URL: '' })).toMatchObject({
      ok: true,
      env: { port: 8787, databaseUrl: undefined },
    })
  })

  it.each([
    ['LONGHAUL_PORT', '65536', 'must be a whole number from 0 to 65535'],
    ['LONGHAUL_PORT', '80a', 'must be a whole number from 0 to 65535'],
    ['LONGHAUL_PORT', '-1', 'must be a whole number from 0 to 65535'],
    ['LONGHAUL_PORT', '1e3', 'must be a whole number from 0 to 65535'],
    ['LONGHAUL_SHUTDOWN_MS', '5s', 'must be a whole number from 0 to 3600000'],
    ['LONGHAUL_API_KEY', 'short', 'must be 16 to 256 printable ASCII characters without spaces'],
    [
      'LONGHAUL_API_KEY',
      'a key with some spaces',
      'must be 16 to 256 printable ASCII characters without spaces',
    ],
    [
      'LOG_LEVEL',
      'verbose',
      'is unknown — choose one of trace, debug, info, warn, error, fatal, silent',
    ],
    [
      'DATABASE_URL',
      'mysql://db',
      'is not the address of a PostgreSQL database — write postgres://user:password@host:5432/database',
    ],
    [
      'DATABASE_URL',
      'db',
      'is not the address of a PostgreSQL database — write postgres://user:password@host:5432/database',
    ],
    [
      'KAFKA_BROKERS',
      'k',
      'must be addresses of brokers, separated by commas — write kafka-1:9092,kafka-2:9092',
    ],
    [
      'KAFKA_BROKERS',
      'k:9092,,l:9092',
      'must be addresses of brokers, separated by commas — write kafka-1:9092,kafka-2:9092',
    ],
    [
      'KAFKA_TLS',
      'true',
      'has no effect without KAFKA_BROKERS — set KAFKA_BROKERS too, or unset it',
    ],
    [
      'REDIS_URL',
      'http://r',
      'is not the address of a Redis server — write redis://user:password@host:6379/0, or rediss:// for TLS',
    ],
  ])('refuses %s=%s', (variable, value, words) => {
    const faults = launcherFaults({ [variable]: value })
    expect(faults).toEqual([expect.stringContaining(`${variable} ${words}`)])
  })

  it('misses what goes together', () => {
    const env = {
      KAFKA_BROKERS: 'k:9092',
      KAFKA_SASL_USERNAME: 'longhaul',
      KAFKA_TLS_CERT_FILE: '/nowhere/cert.pem',
    }
    expect(launcherFaults(env).map(fault => fault.split(' — ')[0])).toEqual([
      'KAFKA_SASL_MECHANISM is missing: KAFKA_SASL_USERNAME needs it',
      'KAFKA_SASL_PASSWORD is missing: KAFKA_SASL_USERNAME needs it',
      'KAFKA_TLS_KEY_FILE is missing: KAFKA_TLS_CERT_FILE needs it',
      'KAFKA_TLS_CERT_FILE has no effect without KAFKA_TLS=true',
      'KAFKA_TLS_CERT_FILE names /nowhere/cert.pem, which cannot be read (ENOENT)',
    ])
  })

  it.each([
    ['LONGHAUL_PROT', 'LONGHAUL_PORT'],
    ['LONGHAUL_DATADIR', 'LONGHAUL_DATA_DIR'],
    ['LONGHAUL_APIKEY', 'LONGHAUL_API_KEY'],
    ['KAFKA_BROKER', 'KAFKA_BROKERS'],
    ['KAFKA_SASL_USER_NAME', 'KAFKA_SASL_USERNAME'],
    ['REDIS_URI', 'REDIS_URL'],
    ['REDIS_TLS_CAFILE', 'REDIS_TLS_CA_FILE'],
    ['DATABASE_URI', 'DATABASE_URL'],
    ['S3_BUKET', 'S3_BUCKET'],
  ])('takes %s for a slip', (variable, meant) => {
    expect(launcherFaults({ [variable]: '1' })).toEqual([
      `${variable} is unknown — did you mean ${meant}?`,
    ])
  })

  it.each([
    ...['LONGHAUL_TEST', 'LONGHAUL_URL', 'LONGHAUL_API', 'PORT', 'HOST', 'DATABASE_NAME'],
    ...['KAFKA_HOME', 'KAFKA_OPTS', 'KAFKA_VERSION', 'KAFKA_PORT_9092_TCP', 'KAFKA_BROKER_ID'],
    ...['REDIS_HOST', 'REDIS_PORT', 'REDIS_PASSWORD', 'REDIS_SERVICE_PORT', 'S3_ACCESS_KEY'],
  ])('leaves %s to others', variable => {
    expect(launcherFaults({ [variable]: 'x' })).toEqual([])
  })

  it('leaves what looks like a slip to others beside the right one', () => {
    expect(launcherFaults({ REDIS_URL: 'redis://one', REDIS_URI: 'redis://other' })).toEqual([])
  })

  it('reports every fault at once, and no value', () => {
    const faults = launcherFaults({
      LONGHAUL_PORT: 'x',
      LONGHAUL_API_KEY: 'sec ret',
      DATABASE_URL: 'secret',
      KAFKA_BROKERS: 'secret',
    })
    expect(faults).toHaveLength(4)
    expect(faults.join()).not.toMatch(/sec ?ret/)
  })
})

describe('a service', () => {
  const needed = { DATABASE_URL: 'postgres://db/x', LONGHAUL_CONFIG: 'longhaul.yaml' }

  it('needs a configuration and a database', () => {
    const result = readServiceEnv({})
    expect(result.ok ? [] : describeEnvFaults(result.faults).split('\n')).toEqual([
      'LONGHAUL_CONFIG is missing — set it to the path of a longhaul.yaml',
      'DATABASE_URL is missing — set it to postgres://user:password@host:5432/database',
    ])
  })

  it('listens to everybody on 8080 unless told otherwise', () => {
    expect(readServiceEnv(needed)).toEqual({
      ok: true,
      env: {
        port: 8080,
        host: '0.0.0.0',
        configPath: 'longhaul.yaml',
        databaseUrl: 'postgres://db/x',
        shared: { kafka: undefined, redisUrl: undefined },
        apiKey: undefined,
        workerModels: undefined,
        logLevel: 'info',
        shutdownMs: 25_000,
      },
    })
  })

  it('serves some models only when it is told which', () => {
    expect(readServiceEnv({ ...needed, LONGHAUL_WORKER_MODELS: 'small, large' })).toMatchObject({
      env: { workerModels: ['small', 'large'] },
    })
    const result = readServiceEnv({ ...needed, LONGHAUL_WORKER_MODELS: 'small,' })
    expect(result.ok ? '' : describeEnvFaults(result.faults)).toBe(
      'LONGHAUL_WORKER_MODELS must be names, separated by commas — write small,large',
    )
  })
})
