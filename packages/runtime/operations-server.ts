import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { METRICS_CONTENT_TYPE } from '@longhaul/telemetry'
import type { Readiness } from './health.ts'

export interface OperationsOptions {
  /** Never rejects: see `readinessOf`. */
  health: () => Promise<Readiness>
  /** `Telemetry.scrape`. */
  scrape: () => Promise<string>
}

type Answer = { status: number; type: string; body: string }

const JSON_TYPE = 'application/json; charset=utf-8'
const TEXT_TYPE = 'text/plain; charset=utf-8'
/** Parts are looked at anew for each question, so it may come soon. */
const RETRY_AFTER_SECONDS = '2'

/** What is asked for by who runs it, not by its users. */
export const operationsPaths = ['/healthz', '/readyz', '/metrics'] as const

/**
 * `/healthz` (the process is alive: restart it if not), `/readyz` (503 with
 * what fails: send it nothing), `/metrics`. Fits `node:http` and, with `next`,
 * Express; other paths go on to `next`, or answer 404.
 */
export function operationsHandler(
  options: OperationsOptions,
): (request: IncomingMessage, response: ServerResponse, next?: () => void) => void {
  const answers: Record<(typeof operationsPaths)[number], () => Promise<Answer>> = {
    '/healthz': async () => ({ status: 200, type: JSON_TYPE, body: '{"alive":true}\n' }),
    '/readyz': () => describeReadiness(options.health),
    '/metrics': () => describeMetrics(options.scrape),
  }
  const routes = new Map<string, () => Promise<Answer>>(Object.entries(answers))
  return (request, response, next) => {
    const url = request.url ?? '/'
    const query = url.indexOf('?')
    const route = routes.get(query < 0 ? url : url.slice(0, query))
    if (!route) {
      if (next) next()
      else send(request, response, { status: 404, type: TEXT_TYPE, body: 'not found\n' })
      return
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD')
      send(request, response, { status: 405, type: TEXT_TYPE, body: 'only GET and HEAD\n' })
      return
    }
    void route().then(answer => send(request, response, answer))
  }
}

async function describeReadiness(health: () => Promise<Readiness>): Promise<Answer> {
  const readiness = await health()
  return {
    status: readiness.ready ? 200 : 503,
    type: JSON_TYPE,
    body: `${JSON.stringify(readiness)}\n`,
  }
}

async function describeMetrics(scrape: () => Promise<string>): Promise<Answer> {
  try {
    return { status: 200, type: METRICS_CONTENT_TYPE, body: await scrape() }
  } catch {
    return { status: 500, type: TEXT_TYPE, body: 'the metrics could not be read\n' }
  }
}

function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.status, {
    'content-type': answer.type,
    'content-length': Buffer.byteLength(answer.body),
    'cache-control': 'no-store',
    ...(answer.status === 503 && { 'retry-after': RETRY_AFTER_SECONDS }),
  })
  response.end(request.method === 'HEAD' ? undefined : answer.body)
}

export interface OperationsServer {
  readonly name: 'operations'
  /** `http://127.0.0.1:9464`. */
  readonly origin: string
  stop(budgetMs: number): Promise<void>
}

/**
 * The same on a small server of its own, for services without an API.
 * @param options.port 0 for any that is free
 * @throws {Error} with Node's `code`, such as EADDRINUSE, when it cannot listen
 */
export async function serveOperations(
  options: OperationsOptions & { port: number; host: string },
): Promise<OperationsServer> {
  const server = createServer(operationsHandler(options))
  await listen(server, options.port, options.host)
  const { port } = server.address() as AddressInfo
  const host = options.host.includes(':') ? `[${options.host}]` : options.host
  return {
    name: 'operations',
    origin: `http://${host}:${port}`,
    stop: budgetMs => close(server, budgetMs),
  }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function close(server: Server, budgetMs: number): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(() => server.closeAllConnections(), budgetMs)
    server.close(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}
