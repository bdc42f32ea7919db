import { BATCH_OUTPUT, filePurposes, jobStatuses, LonghaulError, lanes } from '@longhaul/contracts'
import { check, type Place, refuseProtoKey, refuseUnsound } from '@longhaul/intake'
import { z } from 'zod'

const QUERY: Place = { path: '', whole: 'The query' }
const MAX_WAIT_SECONDS = 60
const MAX_PAGE = 100
const DEFAULT_PAGE = 20

/** Query parameters are text; these say what the text must be, and document it as what it means. */
const waitSeconds = z
  .string()
  .refine(text => /^\d{1,3}(\.\d{1,3})?$/.test(text) && Number(text) <= MAX_WAIT_SECONDS, {
    error: `must be seconds from 0 to ${MAX_WAIT_SECONDS}, such as 30 or 2.5`,
  })
  .transform(Number)
  .meta({
    description:
      'Seconds to wait for the job to end, if it has not; the answer is its state then, whatever it is',
    override: { type: 'number', minimum: 0, maximum: MAX_WAIT_SECONDS },
    examples: [30],
  })

const pageSize = z
  .string()
  .refine(text => /^\d{1,3}$/.test(text) && Number(text) >= 1 && Number(text) <= MAX_PAGE, {
    error: `must be a whole number from 1 to ${MAX_PAGE}`,
  })
  .transform(Number)
  .meta({
    description: 'Jobs on a page',
    override: { type: 'integer', minimum: 1, maximum: MAX_PAGE, default: DEFAULT_PAGE },
    examples: [10],
  })

const includes = ['request', 'attempts', 'decision'] as const

const includeList = z
  .string()
  .refine(text => text.split(',').every(isInclude), {
    error: `must be one or more of ${includes.join(', ')}, separated by commas`,
  })
  .transform(text => text.split(',').filter(isInclude))
  .meta({
    description:
      'Comma-separated: `request` adds the body that was sent and, as `routing_constraints`, what its extensions ask for, `attempts` the calls as `attempt_list`, `decision` the latest routing decision',
    override: { type: 'string', pattern: `^(${includes.join('|')})(,(${includes.join('|')}))*$` },
    examples: ['attempts,decision'],
  })

export const noQuery = z.strictObject({})

export const getJobQuery = z.strictObject({
  wait: waitSeconds.optional(),
  include: includeList.optional(),
})

export const listJobsQuery = z.strictObject({
  status: z.enum(jobStatuses).optional().describe('Only jobs of this status'),
  model: z.string().min(1).max(256).optional().describe('Only jobs of this model'),
  lane: z.enum(lanes).optional().describe('Only jobs of this lane'),
  metadata: z
    .record(z.string().min(1).max(64), z.string().max(512), {
      error: ({ code }) =>
        code === 'invalid_type' ? 'must be given as metadata[key]=value' : undefined,
    })
    .refine(pairs => Object.keys(pairs).length <= 16, 'at most 16 pairs')
    .optional()
    .meta({ description: 'Only jobs with all of these pairs: `metadata[customer]=acme`' }),
  after: z
    .string()
    .optional()
    .describe('The `last_id` of the page before; the page begins behind it'),
  limit: pageSize.optional(),
  order: z.enum(['asc', 'desc']).default('desc').describe('By creation: newest first is `desc`'),
})

const MAX_FILES = 10_000

export const listFilesQuery = z.strictObject({
  purpose: z
    .enum([...filePurposes, BATCH_OUTPUT])
    .optional()
    .describe('Only files of this purpose'),
  after: z.string().optional().describe('The `last_id` of the page before'),
  limit: z
    .string()
    .refine(text => /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= MAX_FILES, {
      error: `must be a whole number from 1 to ${MAX_FILES}`,
    })
    .transform(Number)
    .default(MAX_FILES)
    .meta({
      description: 'Files on a page',
      override: { type: 'integer', minimum: 1, maximum: MAX_FILES, default: MAX_FILES },
      examples: [10],
    }),
  order: z.enum(['asc', 'desc']).default('desc').describe('By creation: newest first is `desc`'),
})

export const listBatchesQuery = z.strictObject({
  after: z.string().optional().describe('The `last_id` of the page before'),
  limit: pageSize.optional(),
})

export const resultsQuery = z.strictObject({
  after: z.string().max(64).optional().describe('The `cursor` of the last line that was read'),
  follow: z
    .enum(['true', 'false'])
    .default('false')
    .transform(text => text === 'true')
    .meta({
      description: 'Goes on until the batch has ended',
      override: { type: 'boolean', default: false },
      examples: ['false'],
    }),
})

const flag = z.enum(['true', 'false'])
const extraFields = z.string().max(500).optional().describe('Taken, and of no effect')

/** `include` and padding are what clients may send; all there is is told anyway. */
export const getResponseQuery = z.strictObject({
  stream: flag.optional().describe('Answers with server-sent events'),
  starting_after: z
    .string()
    .refine(text => /^\d{1,9}$/.test(text), { error: 'must be the `sequence_number` of an event' })
    .transform(Number)
    .optional()
    .meta({
      description: 'Only events behind the one of this `sequence_number`',
      override: { type: 'integer', minimum: 0 },
    }),
  include: extraFields,
  'include[]': extraFields,
  include_obfuscation: flag.optional().describe('Taken, and of no effect'),
})

export const inputItemsQuery = z.strictObject({
  after: z.string().max(200).optional().describe('The `last_id` of the page before'),
  limit: pageSize.optional(),
  order: z.enum(['asc', 'desc']).default('desc').describe('Last item first is `desc`'),
  include: extraFields,
  'include[]': extraFields,
})

export const DEFAULT_LIMIT = DEFAULT_PAGE

function isInclude(text: string): text is (typeof includes)[number] {
  return (includes as readonly string[]).includes(text)
}

const METADATA = /^metadata\[(.*)\]$/s

/**
 * The query of a request as the schema makes it.
 * @throws {LonghaulError} unknown_field, invalid_value, invalid_text
 */
export function readQuery<S extends z.ZodType>(schema: S, url: string): z.output<S> {
  const start = url.indexOf('?')
  if (start < 0) return check(schema, {}, QUERY)
  const query: Record<string, unknown> = {}
  const metadata: Record<string, string> = {}
  for (const [name, value] of new URLSearchParams(url.slice(start + 1))) {
    const key = METADATA.exec(name)?.[1]
    const into = key === undefined ? query : metadata
    if (Object.hasOwn(into, key ?? name)) throw givenTwice(name)
    define(into, key ?? name, value)
  }
  refuseProtoKey(metadata, 'metadata')
  if (Object.keys(metadata).length > 0) query.metadata = metadata
  refuseUnsound(query, QUERY)
  return check(schema, query, QUERY)
}

/** Also when the name is `__proto__`. */
function define(into: Record<string, unknown>, name: string, value: string): void {
  Object.defineProperty(into, name, { value, enumerable: true, configurable: true, writable: true })
}

function givenTwice(name: string): LonghaulError {
  return new LonghaulError('invalid_value', `\`${name}\` is given twice: give it once.`, {
    param: name,
  })
}
