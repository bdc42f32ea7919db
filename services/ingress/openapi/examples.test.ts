import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { oas31 } from 'zod-openapi'
import {
  callApi,
  openTestIngress,
  type TestAnswer,
  type TestIngress,
} from '../../../test/ingress.ts'
import { cancelledBatch, formOf, newBatch, uploadTo } from '../../../test/ingress-batches.ts'
import { type OpenAiServer, openOpenAiServer } from '../../../test/openai/server.ts'
import { openApiDocument } from './document.ts'
import { exampleTarget } from './example-target.ts'
import { apiOperations } from './operations.ts'

const document = openApiDocument()
const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false })
ajv.addSchema({ $id: 'document', components: document.components })

interface Example {
  method: string
  path: string
  operation: oas31.OperationObject
  name: string
  body: unknown
}

/** Every example of every operation, as `/docs` shows it; one without a body is its own. */
const examples: Example[] = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
  (['get', 'post', 'delete'] as const).flatMap(method => {
    const operation = item[method]
    if (!operation) return []
    const { requestBody } = operation
    const bodies =
      requestBody && 'content' in requestBody
        ? Object.entries(Object.values(requestBody.content)[0]?.examples ?? {})
        : [['alone', undefined] as const]
    return bodies.map(([name, example]) => ({
      method: method.toUpperCase(),
      path,
      operation,
      name,
      body: example && 'value' in example ? example.value : undefined,
    }))
  }),
)

describe('/openapi.json', () => {
  let test: ApiCaller & OpenAiServer
  /** Where batches stay as they are: nobody works on them. */
  let idle: TestIngress
  beforeAll(async () => {
    test = withCalls(await openOpenAiServer())
    idle = await openTestIngress()
  })
  afterAll(() => Promise.all([test.close(), idle.close()]))

  it('is served as it is made', async () => {
    const { json } = await test.call<unknown>('GET', '/openapi.json')
    expect(json).toEqual(JSON.parse(JSON.stringify(document)))
  })

  it('has every route that is served, each with an example', () => {
    const documented = examples.map(({ method, path }) => `${method} ${path}`)
    for (const { method, path } of Object.values(apiOperations)) {
      expect(documented).toContain(`${method.toUpperCase()} ${path}`)
    }
    expect(documented).toEqual(
      expect.arrayContaining(['GET /healthz', 'GET /readyz', 'GET /metrics']),
    )
  })

  it.each(examples)('$method $path: the example "$name" does what is said', async example => {
    const { status, headers, text } = isOfBatches(example.path)
      ? await sendOfBatches(idle, example)
      : await send(test, example)
    const [expected, response] = successOf(example.operation)
    expect(`${status} ${text}`).toMatch(new RegExp(`^${expected} `))
    expect(headers.get('x-request-id')).toMatch(/^req_/)
    const [type = '', media] = Object.entries(response.content ?? {})[0] ?? []
    expect(headers.get('content-type')).toContain(type)
    if (type === 'application/json') expectToFit(JSON.parse(text), media?.schema)
  })

  it.each(examples)(
    '$method $path: the answer that is shown fits what is said',
    ({ operation }) => {
      const [, response] = successOf(operation)
      const media = response.content?.['application/json'] as
        | { example?: unknown; schema?: unknown }
        | undefined
      if (media && 'example' in media) expectToFit(media.example, media.schema)
    },
  )

  it.each(examples)(
    '$method $path asks for a key if it says so',
    async ({ method, path, operation }) => {
      const { status, json } = await callApi<unknown>(
        test.url + exampleTarget(path, operation),
        method,
      )
      if (operation.security?.length) {
        expect(status).toBe(401)
        expectToFit(json, { $ref: '#/components/schemas/Error' })
      } else {
        expect(status).toBe(200)
      }
    },
  )

  it.each(examples.filter(({ operation }) => operation.security?.length))(
    '$method $path tells of the errors that any may answer',
    ({ operation }) => {
      expect(Object.keys(operation.responses ?? {})).toEqual(
        expect.arrayContaining(['401', '500', '503']),
      )
    },
  )
})

interface ApiCaller {
  call<T = { id: string }>(method: string, path: string, body?: unknown): Promise<TestAnswer<T>>
}

function withCalls(server: OpenAiServer): OpenAiServer & ApiCaller {
  const authorization = `Bearer ${server.key}`
  return {
    ...server,
    call: (method, path, body) => callApi(server.url + path, method, body, { authorization }),
  }
}

/** With ids of what is there, in the place of the document's. */
async function send(test: ApiCaller, { method, path, operation, body }: Example) {
  const values: Record<string, string> = {}
  if (path.includes('{id}')) values.id = await cancelledJob(test)
  if (path.includes('{response_id}')) {
    const body = { model: 'small', input: 'hello', background: true }
    const created = await test.call('POST', '/v1/responses', body)
    values.response_id = created.json.id
  }
  return test.call(method, exampleTarget(path, operation, values), body)
}

/** So that `wait` and streams end. */
async function cancelledJob(test: ApiCaller): Promise<string> {
  const { json } = await test.call('POST', '/v1/jobs', {
    body: { messages: [{ role: 'user', content: 'hello' }] },
  })
  await test.call('POST', `/v1/jobs/${json.id}/cancel`)
  return json.id
}

function isOfBatches(path: string): boolean {
  return path.startsWith('/v1/files') || path.startsWith('/v1/batches')
}

async function sendOfBatches(test: TestIngress, { method, path, operation, body }: Example) {
  const values: Record<string, string> = {}
  if (path.includes('{id}')) values.id = await idFor(test, path)
  const target = exampleTarget(path, operation, values)
  const isForm = path === '/v1/files' && method === 'POST'
  if (isForm) return test.call(method, target, formOf(body as Record<string, string>))
  const sent = path === '/v1/batches' && method === 'POST' ? await withInput(test, body) : body
  return test.call(method, target, sent)
}

/** Something that is there, and that the route may be asked for. */
async function idFor(test: TestIngress, path: string): Promise<string> {
  if (path.startsWith('/v1/files/')) return uploadTo(test)
  return path === '/v1/batches/{id}/retry' ? cancelledBatch(test) : newBatch(test)
}

async function withInput(test: TestIngress, body: unknown): Promise<object> {
  return { ...(body as object), input_file_id: await uploadTo(test) }
}

function successOf(operation: oas31.OperationObject): [string, oas31.ResponseObject] {
  const success = Object.entries(operation.responses ?? {}).find(([status]) =>
    status.startsWith('2'),
  )
  if (!success) throw new Error('an operation without success')
  return success as [string, oas31.ResponseObject]
}

function expectToFit(value: unknown, schema: unknown): void {
  const text = JSON.stringify(schema).replaceAll('"#/components', '"document#/components')
  const validate = ajv.compile(JSON.parse(text))
  validate(value)
  expect(validate.errors ?? []).toEqual([])
}
