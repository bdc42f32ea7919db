import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from '@jest/globals'
import express from 'express'
import { request } from 'undici'
import { type OperationsOptions, operationsHandler, serveOperations } from './operations-server.ts'

const sound: OperationsOptions = {
  health: async () => ({ ready: true, parts: { bus: { ok: true, detail: 'open' } } }),
  scrape: async () => 'longhaul_up 1\n',
}

const closers: Array<() => unknown> = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function serve(options: OperationsOptions = sound): Promise<string> {
  const server = await serveOperations({ ...options, host: '127.0.0.1', port: 0 })
  closers.push(() => server.stop(1_000))
  return server.origin
}

async function get(url: string, method: 'GET' | 'HEAD' | 'POST' = 'GET') {
  const { statusCode, headers, body } = await request(url, { method })
  return { status: statusCode, headers, body: await body.text() }
}

describe('the operations server', () => {
  it('/healthz says that the process is alive', async () => {
    expect(await get(`${await serve()}/healthz`)).toMatchObject({
      status: 200,
      body: '{"alive":true}\n',
    })
  })

  it('/readyz says how the parts fare', async () => {
    const { status, headers, body } = await get(`${await serve()}/readyz`)
    expect(status).toBe(200)
    expect(headers['content-type']).toBe('application/json; charset=utf-8')
    expect(JSON.parse(body)).toEqual({ ready: true, parts: { bus: { ok: true, detail: 'open' } } })
  })

  it('/readyz is 503 while a part fails, and /healthz is not', async () => {
    const parts = { store: { ok: false, detail: 'connection refused' } }
    const origin = await serve({ ...sound, health: async () => ({ ready: false, parts }) })
    const { status, headers, body } = await get(`${origin}/readyz`)
    expect(status).toBe(503)
    expect(headers['retry-after']).toBe('2')
    expect(JSON.parse(body)).toEqual({ ready: false, parts })
    expect((await get(`${origin}/healthz`)).status).toBe(200)
  })

  it('/metrics is in the format of Prometheus', async () => {
    const { headers, body } = await get(`${await serve()}/metrics?name=x`)
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(body).toBe('longhaul_up 1\n')
  })

  it('/metrics is 500 when they cannot be read', async () => {
    const origin = await serve({ ...sound, scrape: () => Promise.reject(new Error('secret')) })
    const { status, body } = await get(`${origin}/metrics`)
    expect(status).toBe(500)
    expect(body).not.toContain('secret')
  })

  it.each([
    ['GET', '/', 404],
    ['GET', '/metrics/', 404],
    ['POST', '/metrics', 405],
    ['HEAD', '/healthz', 200],
  ] as const)('%s %s is %i', async (method, path, status) => {
    expect((await get(`${await serve()}${path}`, method)).status).toBe(status)
  })

  it('asks nobody to cache', async () => {
    expect((await get(`${await serve()}/readyz`)).headers['cache-control']).toBe('no-store')
  })

  it('refuses a port in use with its code', async () => {
    const { port } = new URL(await serve())
    await expect(
      serveOperations({ ...sound, host: '127.0.0.1', port: Number(port) }),
    ).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })

  it('stops within its time although a client holds a connection', async () => {
    const server = await serveOperations({ ...sound, host: '127.0.0.1', port: 0 })
    const socket = connect(Number(new URL(server.origin).port), '127.0.0.1')
    socket.on('error', () => {})
    await new Promise(resolve => socket.once('connect', resolve))
    socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\n') // never ends
    await server.stop(50)
    await server.stop(50)
  })
})

describe('the handler within Express', () => {
  it('answers its paths and leaves the others alone', async () => {
    const app = express()
    app.use(operationsHandler(sound))
    app.get('/v1/jobs', (_request, response) => {
      response.send('jobs')
    })
    const server = createServer(app).listen(0, '127.0.0.1')
    closers.push(() => new Promise(resolve => server.close(resolve)))
    await new Promise(resolve => server.once('listening', resolve))
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    expect((await get(`${origin}/readyz`)).status).toBe(200)
    expect((await get(`${origin}/v1/jobs`)).body).toBe('jobs')
    expect((await get(`${origin}/other`)).status).toBe(404)
  })
})
