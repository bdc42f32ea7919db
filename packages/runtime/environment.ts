import { resolve } from 'node:path'
import { type LogLevel, logLevels } from '@longhaul/telemetry'
import { z } from 'zod'
import type { Env, EnvFault } from './env.ts'
import { nearMiss } from './near-miss.ts'
import {
  kafkaFaults,
  redisFaults,
  type SharedServers,
  s3Faults,
  sharedServersOf,
  sharedVariables,
} from './shared-servers.ts'
import { tlsFileFaults } from './tls-files.ts'

export type EnvResult<T> = { ok: true; env: T } | { ok: false; faults: EnvFault[] }

/** The embedded launcher's settings. */
export interface LauncherEnv {
  /** 0: any port that is free. */
  port: number
  host: string
  /** Absolute. */
  dataDir: string
  configPath: string | undefined
  /** The first API key; undefined: one is made. */
  apiKey: string | undefined
  /** Undefined: the embedded Postgres. */
  databaseUrl: string | undefined
  shared: SharedServers
  logLevel: LogLevel
  /** How long an orderly stop may take. */
  shutdownMs: number
}

/** The settings of one service in a process of its own. */
export interface ServiceEnv {
  port: number
  host: string
  configPath: string
  databaseUrl: string
  shared: SharedServers
  /** An API key to accept; undefined: those that are there. */
  apiKey: string | undefined
  /** Models that a worker serves; undefined: all. */
  workerModels: readonly string[] | undefined
  logLevel: LogLevel
  shutdownMs: number
}

/** Kubernetes kills after 30 s. */
const DEFAULT_SHUTDOWN_MS = 25_000
const MAX_SHUTDOWN_MS = 3_600_000
const MAX_PORT = 65_535
const MIN_KEY_LENGTH = 16
const PREFIXES = ['LONGHAUL_', 'DATABASE_', 'KAFKA_', 'REDIS_', 'S3_']
/** Characters that a slip of the hand adds or drops. */
const MAX_SLIP = 2

const port = wholeNumber(0, MAX_PORT)
const databaseUrl = z.string().refine(isPostgresUrl, {
  error: 'is not the address of a PostgreSQL database',
  params: { remedy: 'write postgres://user:password@host:5432/database' },
})
const apiKey = z.string().regex(/^[\x21-\x7e]{16,256}$/, {
  error: `must be ${MIN_KEY_LENGTH} to 256 printable ASCII characters without spaces`,
})
const logLevel = z.enum(logLevels)
const nameList = z
  .string()
  .transform(list => list.split(',').map(item => item.trim()))
  .refine(names => names.every(name => name !== ''), {
    error: 'must be names, separated by commas',
    params: { remedy: 'write small,large' },
  })
const shutdownMs = wholeNumber(0, MAX_SHUTDOWN_MS)

const launcherSchema = z.object({
  LONGHAUL_PORT: port.default(8787),
  LONGHAUL_HOST: z.string().default('127.0.0.1'),
  LONGHAUL_DATA_DIR: z.string().default('.longhaul'),
  LONGHAUL_CONFIG: z.string().optional(),
  LONGHAUL_API_KEY: apiKey.optional(),
  DATABASE_URL: databaseUrl.optional(),
  LOG_LEVEL: logLevel.default('info'),
  LONGHAUL_SHUTDOWN_MS: shutdownMs.default(DEFAULT_SHUTDOWN_MS),
  ...sharedVariables,
})

const serviceSchema = z.object({
  PORT: port.default(8080),
  HOST: z.string().default('0.0.0.0'),
  LONGHAUL_CONFIG: z.string(),
  LONGHAUL_API_KEY: apiKey.optional(),
  LONGHAUL_WORKER_MODELS: nameList.optional(),
  DATABASE_URL: databaseUrl,
  LOG_LEVEL: logLevel.default('info'),
  LONGHAUL_SHUTDOWN_MS: shutdownMs.default(DEFAULT_SHUTDOWN_MS),
  ...sharedVariables,
})

/** @param env `process.env`, read at one place: the launcher's main.ts */
export function readLauncherEnv(env: Env): EnvResult<LauncherEnv> {
  return read(launcherSchema, env, values => ({
    port: values.LONGHAUL_PORT,
    host: values.LONGHAUL_HOST,
    dataDir: resolve(values.LONGHAUL_DATA_DIR),
    configPath: values.LONGHAUL_CONFIG,
    apiKey: values.LONGHAUL_API_KEY,
    databaseUrl: values.DATABASE_URL,
    shared: sharedServersOf(values),
    logLevel: values.LOG_LEVEL,
    shutdownMs: values.LONGHAUL_SHUTDOWN_MS,
  }))
}

/** @param env `process.env`, read at one place: the service's main.ts */
export function readServiceEnv(env: Env): EnvResult<ServiceEnv> {
  return read(serviceSchema, env, values => ({
    port: values.PORT,
    host: values.HOST,
    configPath: values.LONGHAUL_CONFIG,
    databaseUrl: values.DATABASE_URL,
    shared: sharedServersOf(values),
    apiKey: values.LONGHAUL_API_KEY,
    workerModels: values.LONGHAUL_WORKER_MODELS,
    logLevel: values.LOG_LEVEL,
    shutdownMs: values.LONGHAUL_SHUTDOWN_MS,
  }))
}

/** One line per fault, for standard error. */
export function describeEnvFaults(faults: readonly EnvFault[]): string {
  return faults
    .map(({ variable, message, remedy }) => `${variable} ${message} — ${remedy}`)
    .join('\n')
}

function read<S extends z.ZodObject, T>(
  schema: S,
  env: Env,
  name: (values: z.output<S>) => T,
): EnvResult<T> {
  const present = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''),
  )
  const parsed = schema.safeParse(present)
  const faults = [
    ...(parsed.error?.issues ?? []).map(issue => faultOf(issue, present)),
    ...kafkaFaults(present),
    ...redisFaults(present),
    ...tlsFileFaults(present),
    ...s3Faults(present),
    ...misspeltOf(Object.keys(present), Object.keys(schema.shape)),
  ]
  return parsed.success && faults.length === 0
    ? { ok: true, env: name(parsed.data) }
    : { ok: false, faults }
}

/**
 * By their prefix perhaps ours, and so near to a known one, which is absent, that they are a slip;
 * others may be anybody's.
 */
function misspeltOf(given: string[], known: string[]): EnvFault[] {
  return PREFIXES.flatMap(prefix => {
    const endingsOf = (names: string[]) =>
      names.filter(name => name.startsWith(prefix)).map(name => name.slice(prefix.length))
    const knownEndings = endingsOf(known)
    return endingsOf(given).flatMap(ending => {
      const near = knownEndings.includes(ending)
        ? undefined
        : nearMiss(ending, knownEndings, MAX_SLIP)
      if (near === undefined || given.includes(`${prefix}${near}`)) return []
      if (Math.abs(near.length - ending.length) > MAX_SLIP) return []
      const remedy = `did you mean ${prefix}${near}?`
      return [{ variable: `${prefix}${ending}`, message: 'is unknown', remedy }]
    })
  })
}

function faultOf(issue: z.core.$ZodIssue, env: Env): EnvFault {
  const variable = String(issue.path[0])
  if (env[variable] === undefined) {
    return { variable, message: 'is missing', remedy: remedies[variable] ?? 'set it' }
  }
  if (issue.code === 'invalid_value') {
    return { variable, message: 'is unknown', remedy: `choose one of ${issue.values.join(', ')}` }
  }
  const remedy = issue.code === 'custom' ? issue.params?.remedy : undefined
  return {
    variable,
    message: issue.message,
    remedy: typeof remedy === 'string' ? remedy : 'correct it, or unset it for the default',
  }
}

const remedies: Record<string, string> = {
  DATABASE_URL: 'set it to postgres://user:password@host:5432/database',
  LONGHAUL_CONFIG: 'set it to the path of a longhaul.yaml',
}

function wholeNumber(least: number, most: number) {
  const error = `must be a whole number from ${least} to ${most}`
  return z
    .string()
    .regex(/^\d{1,15}$/, { error, abort: true })
    .transform(Number)
    .refine(value => value >= least && value <= most, { error })
}

function isPostgresUrl(text: string): boolean {
  return URL.canParse(text) && ['postgres:', 'postgresql:'].includes(new URL(text).protocol)
}
