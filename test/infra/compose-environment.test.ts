import { describe, expect, it } from '@jest/globals'
import { readServiceEnv } from '@longhaul/runtime'
import ms, { type StringValue } from 'ms'
import { environmentOf } from './compose.ts'
import { longRunning, readOurCompose, variables } from './repository.ts'

const SPARE_MS = 5_000

describe.each(longRunning)('the service %s in docker-compose.yml', name => {
  const service = readOurCompose().services[name]
  const environment = service ? environmentOf(service, variables) : {}
  const read = readServiceEnv(environment)

  it('has an environment that it accepts', () => {
    expect(read).toEqual({ ok: true, env: expect.objectContaining({ port: 8080 }) })
  })

  it('has longer to stop than it takes', () => {
    const shutdownMs = read.ok ? read.env.shutdownMs : Number.POSITIVE_INFINITY
    const graceMs = ms((service?.stop_grace_period ?? '0s') as StringValue)
    expect(graceMs).toBeGreaterThan(shutdownMs + SPARE_MS)
  })
})
