import { createContext, Script } from 'node:vm'
import type { JsonObject } from '@longhaul/contracts'
import { Ajv, type ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { LRUCache } from 'lru-cache'
import { TimeBudget } from './time-budget.ts'

/** Schemas above this are not judged: compiling them would hold up every other job. */
const LONGEST_SCHEMA = 128 * 1024
const CACHED_SCHEMAS = 500
const CACHED_CHARACTERS = 8 * 1024 * 1024
const LONGEST_RUN_MS = 250
/** For schemas that are only asked about: nobody has an answer to be judged by them yet. */
const ASKING = { burstMs: 5_000, share: 0.25 }

/** Keywords whose cost a schema can make exponential in the size of the answer. */
const COSTLY = /"(pattern|patternProperties|\$ref|\$dynamicRef|\$recursiveRef|uniqueItems)"/

interface Validator {
  validate: ValidateFunction
  costly: boolean
}

/** `fault`: why it cannot be compiled; undefined when that takes too long to find out. */
interface Unfit {
  fault: SchemaFault | undefined
}

/** What is wrong with a schema, and where in it: `['anyOf', 0, 'type']`. */
export interface SchemaFault {
  path: Array<string | number>
  message: string
}

/**
 * Whether a value meets a JSON schema (draft 2020-12, or draft 7 where
 * `$schema` says so). Formats are not judged. A schema comes from a caller:
 * what cannot be compiled, is above 128 KiB, or runs longer than 250 ms is
 * not judged either, rather than blamed on the answer.
 */
export class JsonSchemas {
  readonly #validators = new LRUCache<string, Validator | Unfit>({
    max: CACHED_SCHEMAS,
    maxSize: CACHED_CHARACTERS,
    sizeCalculation: (_, text) => text.length,
  })
  readonly #asking: TimeBudget

  /** @param asking what `fault` may take */
  constructor(asking = new TimeBudget(ASKING)) {
    this.#asking = asking
  }

  /** What is wrong with the value, in words; undefined when nothing is, or nothing can be said. */
  violation(schema: JsonObject, value: unknown): string | undefined {
    const validator = this.#validatorOf(schema)
    if (!('validate' in validator)) return undefined
    const { validate, costly } = validator
    const valid = costly ? bounded(() => validate(value)) : validate(value)
    return valid === false ? describe(validate) : undefined
  }

  /**
   * Why it is no JSON schema; undefined when it is one, or nothing can be said:
   * of thousands that are new and slow only as many are looked at as leave the
   * process the most of its time.
   */
  fault(schema: JsonObject): SchemaFault | undefined {
    const validator = this.#validatorOf(schema, work => this.#asking.during(work))
    return 'fault' in validator ? validator.fault : undefined
  }

  /** @param within does the work if there is time for it */
  #validatorOf(
    schema: JsonObject,
    within: <T>(work: () => T) => T | undefined = work => work(),
  ): Validator | Unfit {
    const text = JSON.stringify(schema)
    if (text.length > LONGEST_SCHEMA) return { fault: undefined }
    const known = this.#validators.get(text)
    if (known) return known
    const validator = within(() => compile(schema, text))
    if (!validator) return { fault: undefined }
    this.#validators.set(text, validator)
    return validator
  }
}

const options = { strict: false, validateFormats: false, meta: false, validateSchema: false }
/** They know what a schema is, and keep none. */
const dialects = new Map<typeof Ajv | typeof Ajv2020, Ajv | Ajv2020>()

/**
 * What a schema of the dialect must meet is compiled here, where no bound of time applies: an Ajv
 * that is stopped in the midst of that, as on a busy machine, never judges a schema again.
 */
function dialectOf(Dialect: typeof Ajv | typeof Ajv2020): Ajv | Ajv2020 {
  let dialect = dialects.get(Dialect)
  if (dialect === undefined) {
    dialect = new Dialect({ ...options, meta: true })
    dialect.validateSchema({})
    dialects.set(Dialect, dialect)
  }
  return dialect
}

/**
 * An Ajv for each schema: one for all would keep every schema for ever, and mix up equal `$id`s.
 * What it cannot compile may be a schema all the same, such as one with a keyword of OpenAPI's.
 */
function compile(schema: JsonObject, text: string): Validator | Unfit {
  const { $schema, ...rest } = schema
  const Dialect = String($schema).includes('draft-07') ? Ajv : Ajv2020
  try {
    const dialect = dialectOf(Dialect)
    const fault = bounded(() => faultByDialect(dialect, rest))
    if (fault) return { fault }
    const validate = bounded(() => new Dialect(options).compile(rest))
    return validate ? { validate, costly: COSTLY.test(text) } : { fault: undefined }
  } catch (error) {
    const leadsNowhere = 'missingRef' in (error as Error)
    return { fault: leadsNowhere ? { path: [], message: (error as Error).message } : undefined }
  }
}

function faultByDialect(ajv: Ajv, schema: JsonObject): SchemaFault | undefined {
  if (ajv.validateSchema(schema)) return undefined
  const [first] = ajv.errors ?? []
  const path = first?.instancePath.split('/').slice(1).map(unescaped) ?? []
  return { path, message: first?.message ?? 'is invalid' }
}

/** Of a JSON pointer. */
function unescaped(part: string): string | number {
  return /^\d+$/.test(part) ? Number(part) : part.replaceAll('~1', '/').replaceAll('~0', '~')
}

function describe({ errors }: ValidateFunction): string {
  const first = errors?.[0]
  return first
    ? `${first.instancePath || 'the answer'} ${first.message ?? 'is invalid'}`
    : 'invalid'
}

const sandbox: { run: () => void } = createContext({ run: () => {} }) as { run: () => void }
const script = new Script('run()')

/**
 * The result of `work`; undefined when it ran longer than 250 ms. A script's
 * time-out stops what it calls as well, regular expressions included. It goes by
 * the clock, and where others have the processor so long says nothing of the
 * work: that is done again, until this thread itself has run for 250 ms.
 */
function bounded<T>(work: () => T): T | undefined {
  const before = process.threadCpuUsage()
  for (;;) {
    const done = withinTime(work)
    if (done) return done.result
    const { user, system } = process.threadCpuUsage(before)
    if (user + system >= LONGEST_RUN_MS * 1_000) return undefined
  }
}

function withinTime<T>(work: () => T): { result: T } | undefined {
  let done: { result: T } | undefined
  sandbox.run = () => {
    done = { result: work() }
  }
  try {
    script.runInContext(sandbox, { timeout: LONGEST_RUN_MS })
    return done
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return undefined
    throw error
  } finally {
    sandbox.run = () => {}
  }
}
