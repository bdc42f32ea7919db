import { type ErrorCode, errorCatalogue } from '@longhaul/contracts'
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
} from 'zod-openapi'
import type { Operation } from './operation.ts'
import { operations } from './operations.ts'
import { errorSchema } from './schemas.ts'

export type OpenApiDocument = ReturnType<typeof createDocument>

/** What any operation with a key may answer, whatever it does. */
const ERRORS_WITH_KEY: ErrorCode[] = [
  'invalid_api_key',
  'internal_error',
  'overloaded',
  'store_unavailable',
  'shutting_down',
]

const REQUEST_ID = {
  'x-request-id': {
    description: 'Stands in our log beside everything about this request; yours, if you sent one',
    schema: { type: 'string' as const },
  },
}

/** OpenAPI 3.1, made of the schemas that check the requests. */
export function openApiDocument(): OpenApiDocument {
  const paths: ZodOpenApiPathsObject = {}
  for (const [operationId, operation] of Object.entries(operations)) {
    paths[operation.path] = {
      ...paths[operation.path],
      [operation.method]: operationObject(operationId, operation),
    }
  }
  return createDocument(
    {
      openapi: '3.1.1',
      info: {
        title: 'Longhaul',
        version: '1',
        description:
          'Takes prompts that can wait, picks the model for each, and tells you when each is done. Bodies and errors are JSON; errors come as `{"error": {"message", "type", "param", "code"}}`.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/' }],
      tags: [...new Set(Object.values(operations).map(({ tag }) => tag))].map(name => ({ name })),
      components: {
        securitySchemes: {
          key: {
            type: 'http',
            scheme: 'bearer',
            description: 'Your API key: `Authorization: Bearer lh_…`',
          },
        },
      },
      paths,
    },
    { override: ({ jsonSchema }) => withoutBoundsOfNumbers(jsonSchema) },
  )
}

/** Every JavaScript integer has these bounds: they say nothing about the field. */
function withoutBoundsOfNumbers(schema: { minimum?: number; maximum?: number }): void {
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum
}

function operationObject(operationId: string, operation: Operation): ZodOpenApiOperationObject {
  const { pathParameters, query, headers, body } = operation
  return {
    operationId,
    tags: [operation.tag],
    summary: operation.summary,
    ...(operation.description && { description: operation.description }),
    security: operation.auth ? [{ key: [] }] : [],
    requestParams: {
      ...(pathParameters && { path: pathParameters }),
      ...(query && { query }),
      ...(headers && { header: headers }),
    },
    ...(body && {
      requestBody: {
        required: true,
        content: {
          [body.type ?? 'application/json']: { schema: body.schema, examples: body.examples },
        },
      },
    }),
    responses: { [operation.success.status]: successOf(operation), ...errorsOf(operation) },
  }
}

function successOf({ success }: Operation) {
  const content =
    'schema' in success
      ? {
          'application/json': {
            schema: success.schema,
            ...(success.example !== undefined && { example: success.example }),
          },
        }
      : { [success.type]: { schema: { type: 'string' as const }, example: success.example } }
  return { description: success.description, headers: REQUEST_ID, content }
}

function errorsOf(operation: Operation) {
  const codes = [...operation.errors, ...(operation.auth ? ERRORS_WITH_KEY : [])]
  const byStatus = Map.groupBy(codes, code => errorCatalogue[code].status)
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      String(status),
      {
        description: codes.map(code => `\`${code}\`: ${errorCatalogue[code].doc}`).join('\n\n'),
        headers: REQUEST_ID,
        content: { 'application/json': { schema: errorSchema } },
      },
    ]),
  )
}
