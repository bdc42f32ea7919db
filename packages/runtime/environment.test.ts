import { resolve } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { describeEnvFaults, type Env, readLauncherEnv, readServiceEnv } from './environment.ts'

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
      'k:9092',
      'is not supported yet in this version: the embedded bus is used — unset it',
    ],
    [
      'REDIS_URL',
      'redis://r',
      'is not supported yet in this version: coordination within the process is used — unset it',
    ],
  ])('refuses %s=%s', (variable, value, words) => {
    const faults = launcherFaults({ [variable]: value })
    expect(faults).toEqual([expect.stringContaining(`${variable} ${words}`)])
  })

  it.each([
    ['LONGHAUL_PROT', 'LONGHAUL_PORT'],
    ['LONGHAUL_DATADIR', 'LONGHAUL_DATA_DIR'],
    ['LONGHAUL_APIKEY', 'LONGHAUL_API_KEY'],
  ])('takes %s for a slip', (variable, meant) => {
    expect(launcherFaults({ [variable]: '1' })).toEqual([
      `${variable} is unknown — did you mean ${meant}?`,
    ])
  })

  it.each(['LONGHAUL_TEST', 'LONGHAUL_URL', 'LONGHAUL_API', 'PORT', 'HOST'])(
    'leaves %s to others',
    variable => {
      expect(launcherFaults({ [variable]: 'x' })).toEqual([])
    },
  )

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
  it('needs a database', () => {
    const result = readServiceEnv({})
    expect(result.ok ? '' : describeEnvFaults(result.faults)).toBe(
      'DATABASE_URL is missing — set it to postgres://user:password@host:5432/database',
    )
  })

  it('listens to everybody on 8080 unless told otherwise', () => {
    expect(readServiceEnv({ DATABASE_URL: 'postgres://db/x' })).toEqual({
      ok: true,
      env: {
        port: 8080,
        host: '0.0.0.0',
        configPath: undefined,
        databaseUrl: 'postgres://db/x',
        logLevel: 'info',
        shutdownMs: 25_000,
      },
    })
  })

  it('refuses what this version does not know yet', () => {
    const result = readServiceEnv({ DATABASE_URL: 'postgres://db/x', KAFKA_BROKERS: 'k' })
    expect(result).toMatchObject({ ok: false, faults: [{ variable: 'KAFKA_BROKERS' }] })
  })
})
