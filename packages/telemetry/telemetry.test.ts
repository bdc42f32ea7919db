import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import {
  type Counter,
  type Gauge,
  type Histogram,
  type Labels,
  type Metrics,
  startTelemetry,
} from './index.ts'

const silent = { logLevel: 'silent' } as const

describe('scrape', () => {
  it('names the service', async () => {
    const telemetry = startTelemetry({ service: 'router', ...silent })
    expect(await telemetry.scrape()).toContain('target_info{service_name="router"} 1')
    await telemetry.stop()
  })

  it('tells how the process fares', async () => {
    const telemetry = startTelemetry({ service: 'test', ...silent })
    await wait(50) // lets the event loop's delay be measured
    const text = await telemetry.scrape()
    const value = (name: string) => Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1])
    expect(value('process_cpu_seconds_total')).toBeGreaterThan(0)
    expect(value('process_resident_memory_bytes')).toBeGreaterThan(1e6)
    expect(value('process_start_time_seconds')).toBeGreaterThan(1.7e9)
    expect(value('nodejs_eventloop_active_seconds_total')).toBeGreaterThanOrEqual(0)
    expect(value('nodejs_eventloop_lag_p99_seconds')).toBeGreaterThanOrEqual(0)
    await telemetry.stop()
  })

  it('serves all others when one gauge fails, and logs that', async () => {
    const lines: string[] = []
    const telemetry = startTelemetry({
      service: 'test',
      logDestination: { write: line => lines.push(line) },
    })
    telemetry.metrics.storeWaiting.observe(() => {
      throw new Error('the pool is closed')
    })
    telemetry.metrics.busRoom.observe(() => [[3, { topic: 't' }]])
    expect(await telemetry.scrape()).toContain('longhaul_bus_room{topic="t"} 3')
    expect(lines.join()).toContain('the pool is closed')
    await telemetry.stop()
  })

  it('does not wait for a gauge that hangs', async () => {
    const telemetry = startTelemetry({ service: 'test', gaugeTimeoutMs: 20, ...silent })
    telemetry.metrics.busLag.observe(() => new Promise(() => {}))
    telemetry.metrics.jobsAccepted.add(1, { lane: 'bulk' })
    expect(await telemetry.scrape()).toContain('longhaul_jobs_accepted_total{lane="bulk"} 1')
    await telemetry.stop()
  })

  it('is empty after the stop, which may come twice', async () => {
    const telemetry = startTelemetry({ service: 'test', ...silent })
    await Promise.all([telemetry.stop(), telemetry.stop()])
    expect(await telemetry.scrape()).toBe('')
  })

  it('knows nothing of another telemetry in the same process', async () => {
    const one = startTelemetry({ service: 'one', ...silent })
    const other = startTelemetry({ service: 'other', ...silent })
    one.metrics.jobsAccepted.add(1, { lane: 'bulk' })
    expect(await other.scrape()).not.toContain('longhaul_jobs_accepted_total{')
    await Promise.all([one.stop(), other.stop()])
  })
})

describe('the metrics', () => {
  it('keep the conventions of Prometheus', async () => {
    const telemetry = startTelemetry({ service: 'test', ...silent })
    recordAll(telemetry.metrics)
    const text = await telemetry.scrape()
    await telemetry.stop()
    const metrics = [...text.matchAll(/^# HELP (\S+) (.+)\n(?:# UNIT .+\n)?# TYPE \1 (\w+)$/gm)]
      .map(([, name = '', help = '', type = '']) => ({ name, help, type }))
      .filter(({ name }) => name.startsWith('longhaul_'))

    expect(metrics.length).toBeGreaterThan(20)
    expect(metrics.filter(({ name }) => !/^[a-z]+(_[a-z]+)+$/.test(name))).toEqual([])
    expect(
      metrics.filter(({ name, type }) => (type === 'counter') !== name.endsWith('_total')),
    ).toEqual([])
    expect(metrics.filter(({ help }) => /\.$|^[a-z]/.test(help))).toEqual([])
    expect(text).not.toMatch(/\b(tenant|job_id|url|path)=/)
  })
})

/** Whatever the instrument is, one value with every label that there is. */
function recordAll(metrics: Metrics): void {
  const labels = {
    lane: 'bulk',
    status: 'succeeded',
    model: 'm',
    reason: 'retry',
    deployment: 'm/d',
    outcome: 'succeeded',
    direction: 'input',
    statement: 's',
    strategy: 'rules',
    route: '/r',
    method: 'GET',
    topic: 't',
    group: 'g',
  }
  for (const instrument of Object.values(metrics) as Partial<AnyInstrument>[]) {
    instrument.add?.(1, labels)
    instrument.record?.(1, labels)
    instrument.observe?.(() => [[1, labels]])
  }
}

type AnyInstrument = Counter<Labels> & Histogram<Labels> & Gauge<Labels>
