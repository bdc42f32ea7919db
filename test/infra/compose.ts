import { parse } from 'yaml'
import { z } from 'zod'

const healthcheckSchema = z.looseObject({
  test: z.array(z.string()).default([]),
  disable: z.boolean().default(false),
})

const serviceSchema = z.looseObject({
  image: z.string(),
  build: z.looseObject({ context: z.string() }).optional(),
  command: z.array(z.string()).default([]),
  user: z.string().optional(),
  environment: z.record(z.string(), z.string().nullable()).default({}),
  networks: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  expose: z.array(z.string()).default([]),
  ports: z.array(z.looseObject({ target: z.number(), published: z.string() })).default([]),
  depends_on: z.record(z.string(), z.looseObject({ condition: z.string() })).default({}),
  healthcheck: healthcheckSchema,
  deploy: z.looseObject({ replicas: z.coerce.number() }).default({ replicas: 1 }),
  restart: z.string(),
  stop_grace_period: z.string().default('10s'),
  profiles: z.array(z.string()).default([]),
  read_only: z.boolean().default(false),
  cap_drop: z.array(z.string()).default([]),
})

const composeSchema = z.looseObject({
  services: z.record(z.string(), serviceSchema),
  networks: z.record(z.string(), z.looseObject({ internal: z.boolean().optional() }).nullable()),
  volumes: z.record(z.string(), z.unknown()),
})

export type Compose = z.output<typeof composeSchema>
export type ComposeService = Compose['services'][string]

/**
 * A compose file as `docker compose config` would show it.
 * @param variables what `.env` and the shell hold
 * @throws {Error} a variable that must be set is not
 */
export function readCompose(text: string, variables: Readonly<Record<string, string>>): Compose {
  const written: unknown = parse(text, { merge: true })
  return composeSchema.parse(substituteAll(written, variables))
}

/** The same before anything is put in: what the file itself says. */
export function readComposeAsWritten(text: string): unknown {
  return parse(text, { merge: true })
}

/** The environment that a container gets: names without a value are passed on when they are set. */
export function environmentOf(
  service: ComposeService,
  variables: Readonly<Record<string, string>>,
): Record<string, string> {
  const given = Object.entries(service.environment).map(([name, value]) => [
    name,
    value ?? variables[name],
  ])
  return Object.fromEntries(given.filter(([, value]) => value !== undefined))
}

function substituteAll(value: unknown, variables: Readonly<Record<string, string>>): unknown {
  if (typeof value === 'string') return substitute(value, variables)
  if (Array.isArray(value)) return value.map(each => substituteAll(each, variables))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, substituteAll(each, variables)]),
  )
}

const REFERENCE = /\$\$|\$\{([A-Za-z_]\w*)(?:(:?[-?])([^}]*))?\}|\$[A-Za-z_{]/g

/** `${NAME}`, `${NAME:-default}` and `${NAME:?message}`, which is all that our file uses. */
function substitute(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replaceAll(REFERENCE, (match, name?: string, operator?: string, word = '') => {
    if (match === '$$') return '$'
    if (name === undefined) throw new Error(`${text}: write \${NAME} in braces`)
    const value = variables[name]
    if (value !== undefined && (value !== '' || operator?.[0] !== ':')) return value
    if (operator?.endsWith('-')) return word
    throw new Error(`${name} ${operator?.endsWith('?') ? word : 'is not set and has no default'}`)
  })
}
