import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from '@jest/globals'
import { startTelemetry, type Telemetry } from './index.ts'

const silent = { logLevel: 'silent' } as const

async function linesOf(telemetry: Telemetry, name: string): Promise<string[]> {
  const text = await telemetry.scrape()
  await telemetry.stop()
  return text.split('\n').filter(line => line.startsWith(name))
}

describe('a counter', () => {
  it('keeps a sum for every set of labels', async () => {
    const telemetry = startTelemetry({ service: 'test', ...silent })
    const { jobsFinished } = telemetry.metrics
    jobsFinished.add(1, { status: 'succeeded', model: 'a' })
    jobsFinished.add(2, { status: 'succeeded', model: 'b' })
    jobsFinished.add(3, { status: 'failed', model: 'a' })
    jobsFinished.add(4, { status: 'succeeded', model: 'a' })

    expect(await linesOf(telemetry, 'longhaul_jobs_finished_total')).toEqual([
      'longhaul_jobs_finished_total{status="succeeded",model="a"} 5',
      'longhaul_jobs_finished_total{status="succeeded",model="b"} 2',
      'longhaul_jobs_finished_total{status="failed",model="a"} 3',
    ])
  })

  it('starts at zero when it has no labels, so that a rate over it is known', async () => {
    const telemetry = startTelemetry({ service: 'test', ...silent })
    expect(await linesOf(telemetry, 'longhaul_zombie_results_discarded_total')).toEqual([
      'longhaul_zombie_results_discarded_total 0',
    ])
  })

  it('starts at zero for every label that is known beforehand', async () => {
    const telemetry = startTelemetry({ service: 'test', ...silent })
    telemetry.metrics.webhookDeliveries.add(2, { outcome: 'failed' })
    expect(await linesOf(telemetry, 'longhaul_webhook_deliveries_total')).toEqual([
      'longhaul_webhook_deliveries_total{outcome="delivered"} 0',
      'longhaul_webhook_deliveries_total{outcome="failed"} 2',
      'longhaul_webhook_deliveries_total{outcome="given-up"} 0',
      'longhaul_webhook_deliveries_total{outcome="refused"} 0',
    ])
  })

  it.each([-1, Number.NaN])('ignores %d', async amount => {
    const telemetry = startTelemetry({ service: 'test', ...silent })
    telemetry.metrics.costUsd.add(0.5, { model: 'a' })
    telemetry.metrics.costUsd.add(amount, { model: 'a' })
    expect(await linesOf(telemetry, 'longhaul_cost_usd_total')).toEqual([
      'longhaul_cost_usd_total{model="a"} 0.5',
    ])
  })

  it('counts on over several scrapes', async () => {
    const telemetry = startTelemetry({ service: 'test', ...silent })
    telemetry.metrics.jobsAccepted.add(1, { lane: 'bulk' })
    await telemetry.scrape()
    telemetry.metrics.jobsAccepted.add(1, { lane: 'bulk' })
    expect(await linesOf(telemetry, 'longhaul_jobs_accepted_total')).toEqual([
      'longhaul_jobs_accepted_total{lane="bulk"} 2',
    ])
  })

  it('bounds its memory: what is above 1,999 sets of labels shares one', async () => {
    const telemetry = startTelemetry({ service: 'test', ...silent })
    for (let model = 0; model < 5_000; model += 1) {
      telemetry.metrics.costUsd.add(1, { model: `model-${model}` })
    }
    const lines = await linesOf(telemetry, 'longhaul_cost_usd_total')
    expect(lines).toHaveLength(2_000)
    expect(lines.at(-1)).toBe('longhaul_cost_usd_total{otel_metric_overflow="true"} 3001')
  })
})

describe('an up-down counter', () => {
  it('goes down as well', async () => {
    const telemetry = startTelemetry({ service: 'test', ...silent })
    const labels = { deployment: 'gpt/openai' }
    telemetry.metrics.providerCallsInFlight.add(1, labels)
    telemetry.metrics.providerCallsInFlight.add(1, labels)
    telemetry.metrics.providerCallsInFlight.add(-1, labels)
    expect(await linesOf(telemetry, 'longhaul_provider_calls_in_flight')).toEqual([
      'longhaul_provider_calls_in_flight{deployment="gpt/openai"} 1',
    ])
  })
})

describe('a histogram', () => {
  it('sorts values into its buckets', async () => {
    const telemetry = startTelemetry({ service: 'test', ...silent })
    for (const value of [0.2, 0.3, 700]) {
      telemetry.metrics.providerCallDuration.record(value, { deployment: 'gpt/openai' })
    }
    const lines = await linesOf(telemetry, 'longhaul_provider_call_duration_seconds')
    expect(lines).toEqual(
      expect.arrayContaining([
        'longhaul_provider_call_duration_seconds_count{deployment="gpt/openai"} 3',
        'longhaul_provider_call_duration_seconds_sum{deployment="gpt/openai"} 700.5',
        'longhaul_provider_call_duration_seconds_bucket{deployment="gpt/openai",le="0.25"} 1',
        'longhaul_provider_call_duration_seconds_bucket{deployment="gpt/openai",le="0.5"} 2',
        'longhaul_provider_call_duration_seconds_bucket{deployment="gpt/openai",le="600"} 2',
        'longhaul_provider_call_duration_seconds_bucket{deployment="gpt/openai",le="+Inf"} 3',
      ]),
    )
  })

  it('takes a negative value, of clocks that differ, as zero and ignores NaN', async () => {
    const telemetry = startTelemetry({ service: 'test', ...silent })
    telemetry.metrics.webhookDelay.record(-3, {})
    telemetry.metrics.webhookDelay.record(Number.NaN, {})
    expect(await linesOf(telemetry, 'longhaul_webhook_delay_seconds_')).toEqual(
      expect.arrayContaining([
        'longhaul_webhook_delay_seconds_count 1',
        'longhaul_webhook_delay_seconds_sum 0',
      ]),
    )
  })
})

describe('a gauge', () => {
  it('is read at every scrape, until its reader leaves', async () => {
    const telemetry = startTelemetry({ service: 'test', ...silent })
    let room = 10
    const leave = telemetry.metrics.busRoom.observe(() => [[room, { topic: 't' }]])
    expect(await telemetry.scrape()).toContain('longhaul_bus_room{topic="t"} 10')
    room = 7
    expect(await telemetry.scrape()).toContain('longhaul_bus_room{topic="t"} 7')
    leave()
    expect(await telemetry.scrape()).not.toContain('longhaul_bus_room{')
    await telemetry.stop()
  })

  it('takes readers of several services', async () => {
    const telemetry = startTelemetry({ service: 'test', ...silent })
    telemetry.metrics.busLag.observe(() => [[1, { topic: 'a', group: 'router' }]])
    telemetry.metrics.busLag.observe(async () => [[2, { topic: 'b', group: 'worker' }]])
    expect(await linesOf(telemetry, 'longhaul_bus_lag')).toEqual([
      'longhaul_bus_lag{topic="a",group="router"} 1',
      'longhaul_bus_lag{topic="b",group="worker"} 2',
    ])
  })
})

describe('recording', () => {
  it('costs less than a microsecond', async () => {
    // In a process of its own: Jest's module sandbox makes every global several times dearer.
    const script = new URL('./recording-cost.ts', import.meta.url).pathname
    const { stdout } = await promisify(execFile)(process.execPath, [script])
    const costs: Record<string, number> = JSON.parse(stdout)
    expect(Object.keys(costs)).toEqual(['counter', 'gauge', 'histogram'])
    for (const microseconds of Object.values(costs)) expect(microseconds).toBeLessThan(1)
  })
})
