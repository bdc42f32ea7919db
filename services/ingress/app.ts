import { LonghaulError, newId } from '@longhaul/contracts'
import { operationsPaths } from '@longhaul/runtime'
import type { Tenant } from '@longhaul/store'
import type { Telemetry } from '@longhaul/telemetry'
import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Response,
} from 'express'
import { expectedError, internalError, sendError } from './answer.ts'
import type { Authenticator } from './auth.ts'
import type { Operation } from './openapi/operation.ts'
import { type ApiOperationId, apiOperations } from './openapi/operations.ts'

export type Handler = (request: Request, response: Response) => void | Promise<void>
export type TenantHandler = (
  request: Request,
  response: Response,
  tenant: Tenant,
) => void | Promise<void>
export type Handlers = Record<ApiOperationId, Handler>

export interface AppOptions {
  /** Those in force when a request comes. */
  handlers: () => Handlers
  /** `/healthz`, `/readyz`, `/metrics`; answers also while the process stops. */
  operations: RequestHandler
  telemetry: Telemetry
  /** Puts the headers on an answer that every answer of the API has. */
  setHeaders: (response: Response) => void
  /** Once true, new requests are refused. */
  stopping: () => boolean
  /** A request begins; `onClose` follows when its answer is out, or its client gone. */
  onOpen: () => void
  onClose: () => void
}

const REQUEST_ID = /^[A-Za-z0-9_.:-]{1,128}$/
const UNMATCHED = 'unmatched'
/** What proxies log for a client that went away before the answer. */
const CLIENT_GONE = 499

/** Gives a handler whose route needs a key the tenant of that key. */
export function authenticated(authenticator: Authenticator, handler: TenantHandler): Handler {
  return async (request, response) => {
    const tenant = await authenticator.tenantOf(request.headers.authorization)
    await handler(request, response, tenant)
  }
}

/** The routes of the document, in the order of the document, and what surrounds them. */
export function createApp(options: AppOptions): Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('query parser', false)
  app.use(observe(options))
  app.use((request, response, next) => {
    response.locals.route = operationsPaths.find(path => path === request.path)
    next()
  })
  app.use(options.operations)
  app.use((_request, response, next) => {
    options.setHeaders(response)
    next()
  })
  app.use((_request, response, next) => {
    if (!options.stopping()) return next()
    sendError(response, shuttingDown(), { connection: 'close' })
  })
  serve(app, options.handlers)
  app.use(() => {
    throw new LonghaulError('route_not_found', 'There is no such route: /docs lists them.')
  })
  app.use(answerErrors(options.telemetry))
  return app
}

function serve(app: Express, handlers: () => Handlers): void {
  const byPath = Map.groupBy(
    Object.entries(apiOperations) as Array<[ApiOperationId, Operation]>,
    ([, { path }]) => path,
  )
  for (const [path, routes] of byPath) {
    const route = app.route(expressPath(path))
    route.all((_request, response, next) => {
      response.locals.route = path
      next()
    })
    for (const [id, { method }] of routes) {
      route[method]((request, response) => handlers()[id](request, response))
    }
    route.all(
      refuseMethod(
        path,
        routes.map(([, { method }]) => method),
      ),
    )
  }
}

function refuseMethod(path: string, methods: Array<Operation['method']>): RequestHandler {
  const allowed = methods.flatMap(method =>
    method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()],
  )
  return (request, response) => {
    const error = new LonghaulError(
      'method_not_allowed',
      `${path} takes ${allowed.join(', ')}, not ${request.method}.`,
    )
    sendError(response, error, { allow: allowed.join(', ') })
  }
}

/** `{model}` takes the rest of the path: names of models may hold slashes. */
function expressPath(path: string): string {
  return path.replaceAll('{model}', '*model').replaceAll(/\{(\w+)\}/g, ':$1')
}

function observe({ telemetry, onOpen, onClose }: AppOptions): RequestHandler {
  const { httpRequests, httpRequestDuration } = telemetry.metrics
  return (request, response, next) => {
    onOpen()
    const startedAt = performance.now()
    const given = request.headers['x-request-id']
    const isSane = typeof given === 'string' && REQUEST_ID.test(given)
    response.setHeader('x-request-id', isSane ? given : newId('request'))
    response.once('close', () => {
      const route = String(response.locals.route ?? UNMATCHED)
      const status = response.writableFinished ? response.statusCode : CLIENT_GONE
      httpRequests.add(1, { route, method: request.method, status })
      httpRequestDuration.record((performance.now() - startedAt) / 1_000, { route })
      onClose()
    })
    next()
  }
}

function answerErrors({ logger }: Telemetry): ErrorRequestHandler {
  return (error, request, response, _next) => {
    const requestId = String(response.getHeader('x-request-id'))
    const expected = expectedError(error)
    if (!expected) {
      logger.error({ err: error, requestId, method: request.method }, 'a request failed')
    }
    // A stream that has begun cannot turn into an error; cut, the client sees that it is not whole.
    if (response.headersSent) response.destroy()
    else sendError(response, expected ?? internalError(requestId))
  }
}

function shuttingDown(): LonghaulError {
  return new LonghaulError(
    'shutting_down',
    'This process is stopping. Send the request again: another will take it.',
    { retryAfterSeconds: 1 },
  )
}
