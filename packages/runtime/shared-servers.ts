import { z } from 'zod'
import type { Env, EnvFault } from './env.ts'
import { type TlsFiles, tlsVariables } from './tls-files.ts'

/** What processes share beside PostgreSQL; what is not named stays within the process. */
export interface SharedServers {
  kafka: KafkaServers | undefined
  redisUrl: string | undefined
  /** For a `redisUrl` that begins with `rediss://`. */
  redisTls?: TlsFiles | undefined
  /** Where files are kept; undefined: in PostgreSQL. */
  s3?: S3Bucket | undefined
}

/** A bucket of S3, or of what speaks its protocol. Credentials are found as the AWS SDK finds them. */
export interface S3Bucket {
  bucket: string
  /** Undefined: AWS itself. */
  endpoint: string | undefined
  region: string
}

/** Where Kafka is and how it is spoken to. */
export interface KafkaServers {
  /** `host:port`, at least one. */
  brokers: readonly string[]
  tls: TlsFiles | undefined
  sasl: KafkaSasl | undefined
}

export interface KafkaSasl {
  mechanism: (typeof saslMechanisms)[number]
  username: string
  password: string
}

const saslMechanisms = ['plain', 'scram-sha-256', 'scram-sha-512'] as const
const BROKER = /^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9_.-]+):(\d{1,5})$/
const MAX_PORT = 65_535

const brokers = z
  .string()
  .transform(list => list.split(',').map(item => item.trim()))
  .refine(list => list.every(isBroker), {
    error: 'must be addresses of brokers, separated by commas',
    params: { remedy: 'write kafka-1:9092,kafka-2:9092' },
  })
const redisUrl = z.string().refine(isRedisUrl, {
  error: 'is not the address of a Redis server',
  params: { remedy: 'write redis://user:password@host:6379/0, or rediss:// for TLS' },
})

const httpUrl = z.string().refine(isHttpUrl, {
  error: 'is not an http or https URL',
  params: { remedy: 'write https://s3.example.com' },
})

export const sharedVariables = {
  KAFKA_BROKERS: brokers.optional(),
  KAFKA_TLS: z.enum(['true', 'false']).optional(),
  KAFKA_TLS_CA_FILE: z.string().optional(),
  KAFKA_TLS_CERT_FILE: z.string().optional(),
  KAFKA_TLS_KEY_FILE: z.string().optional(),
  /** In capitals as well, as Kafka writes them. */
  KAFKA_SASL_MECHANISM: z.string().toLowerCase().pipe(z.enum(saslMechanisms)).optional(),
  KAFKA_SASL_USERNAME: z.string().optional(),
  KAFKA_SASL_PASSWORD: z.string().optional(),
  REDIS_URL: redisUrl.optional(),
  REDIS_TLS_CA_FILE: z.string().optional(),
  REDIS_TLS_CERT_FILE: z.string().optional(),
  REDIS_TLS_KEY_FILE: z.string().optional(),
  S3_BUCKET: z.string().optional(),
  S3_ENDPOINT: httpUrl.optional(),
  S3_REGION: z.string().optional(),
}

const sharedSchema = z.object(sharedVariables)
type SharedValues = z.output<typeof sharedSchema>

export function sharedServersOf(values: SharedValues): SharedServers {
  const { KAFKA_BROKERS, S3_BUCKET } = values
  return {
    kafka: KAFKA_BROKERS && { brokers: KAFKA_BROKERS, tls: tlsOf(values), sasl: saslOf(values) },
    redisUrl: values.REDIS_URL,
    redisTls: isRedisOverTls(values.REDIS_URL) ? redisTlsOf(values) : undefined,
    ...(S3_BUCKET !== undefined && {
      s3: {
        bucket: S3_BUCKET,
        endpoint: values.S3_ENDPOINT,
        region: values.S3_REGION ?? 'us-east-1',
      },
    }),
  }
}

const SASL = ['KAFKA_SASL_MECHANISM', 'KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'] as const
const KAFKA_TLS = tlsVariables('KAFKA_TLS')
const REDIS_TLS = tlsVariables('REDIS_TLS')
const KAFKA_PAIR = [KAFKA_TLS.certFile, KAFKA_TLS.keyFile]
const REDIS_PAIR = [REDIS_TLS.certFile, REDIS_TLS.keyFile]

/** What is wrong between the variables; each by itself is checked by its schema. */
export function kafkaFaults(env: Env): EnvFault[] {
  const given = (variable: string) => env[variable] !== undefined
  const settings = Object.keys(env).filter(name => /^KAFKA_(TLS|SASL)/.test(name))
  if (!given('KAFKA_BROKERS')) {
    return settings
      .filter(name => name in sharedVariables)
      .map(variable => ({
        variable,
        message: 'has no effect without KAFKA_BROKERS',
        remedy: 'set KAFKA_BROKERS too, or unset it',
      }))
  }
  const withoutTls = Object.values(KAFKA_TLS).filter(
    variable => env.KAFKA_TLS !== 'true' && given(variable),
  )
  return [
    ...[SASL, KAFKA_PAIR].flatMap(group => missingOf(env, group)),
    ...withoutTls.map(variable => ({
      variable,
      message: 'has no effect without KAFKA_TLS=true',
      remedy: 'set KAFKA_TLS=true, or unset it',
    })),
  ]
}

/** What is wrong between the variables of Redis. */
export function redisFaults(env: Env): EnvFault[] {
  const withoutTls = Object.values(REDIS_TLS).filter(
    variable => !isRedisOverTls(env.REDIS_URL) && env[variable] !== undefined,
  )
  return [
    ...missingOf(env, REDIS_PAIR),
    ...withoutTls.map(variable => ({
      variable,
      message: 'has no effect without a REDIS_URL that begins with rediss://',
      remedy: 'write rediss:// in REDIS_URL, or unset it',
    })),
  ]
}

/** Of variables that go together, those that are not there although others are. */
function missingOf(env: Env, group: readonly string[]): EnvFault[] {
  const given = group.filter(variable => env[variable] !== undefined)
  if (given.length === 0) return []
  return group
    .filter(variable => env[variable] === undefined)
    .map(variable => ({
      variable,
      message: `is missing: ${given.join(' and ')} needs it`,
      remedy: `set all of ${group.join(', ')}, or none`,
    }))
}

/** Settings of the bucket without one. */
export function s3Faults(env: Env): EnvFault[] {
  if (env.S3_BUCKET !== undefined) return []
  return ['S3_ENDPOINT', 'S3_REGION']
    .filter(variable => env[variable] !== undefined)
    .map(variable => ({
      variable,
      message: 'has no effect without S3_BUCKET',
      remedy: 'set S3_BUCKET too, or unset it',
    }))
}

function tlsOf(values: SharedValues): TlsFiles | undefined {
  if (values.KAFKA_TLS !== 'true') return undefined
  return {
    caFile: values.KAFKA_TLS_CA_FILE,
    certFile: values.KAFKA_TLS_CERT_FILE,
    keyFile: values.KAFKA_TLS_KEY_FILE,
  }
}

function redisTlsOf(values: SharedValues): TlsFiles {
  return {
    caFile: values.REDIS_TLS_CA_FILE,
    certFile: values.REDIS_TLS_CERT_FILE,
    keyFile: values.REDIS_TLS_KEY_FILE,
  }
}

function isRedisOverTls(url: string | undefined): boolean {
  return url !== undefined && URL.canParse(url) && new URL(url).protocol === 'rediss:'
}

function saslOf(values: SharedValues): KafkaSasl | undefined {
  const {
    KAFKA_SASL_MECHANISM: mechanism,
    KAFKA_SASL_USERNAME: username,
    KAFKA_SASL_PASSWORD: password,
  } = values
  if (mechanism === undefined || username === undefined || password === undefined) return undefined
  return { mechanism, username, password }
}

function isBroker(text: string): boolean {
  const port = Number(BROKER.exec(text)?.[2])
  return port > 0 && port <= MAX_PORT
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol)
}

function isRedisUrl(text: string): boolean {
  return (
    URL.canParse(text) &&
    ['redis:', 'rediss:'].includes(new URL(text).protocol) &&
    new URL(text).hostname !== ''
  )
}
