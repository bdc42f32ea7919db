import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import type { Meter } from '@opentelemetry/api'

/** Its timer wakes a process that rests: at 20 ms that alone was a third of what one costs. */
const LOOP_RESOLUTION_MS = 100
const NANOSECONDS = 1e9
const MICROSECONDS = 1e6
const MILLISECONDS = 1e3

/**
 * CPU, memory and event loop of this process, under the names that Prometheus
 * clients share; read at a scrape. Returns the way to end it.
 */
export function observeProcess(meter: Meter): () => void {
  observeCpuAndMemory(meter)
  observeUtilization(meter)
  return observeLoopDelay(meter)
}

function observeCpuAndMemory(meter: Meter): void {
  meter
    .createObservableCounter('process_cpu_seconds', {
      unit: 's',
      description: 'User and system CPU time',
    })
    .addCallback(result => {
      const { user, system } = process.cpuUsage()
      result.observe((user + system) / MICROSECONDS)
    })
  meter
    .createObservableGauge('process_resident_memory_bytes', {
      unit: 'By',
      description: 'Resident memory',
    })
    .addCallback(result => result.observe(process.memoryUsage.rss()))
  meter
    .createObservableGauge('process_start_time_seconds', {
      unit: 's',
      description: 'When the process started, in Unix seconds',
    })
    .addCallback(result => result.observe(performance.timeOrigin / MILLISECONDS))
}

/** A counter rather than a ratio, so that every scraper may take its own rate. */
function observeUtilization(meter: Meter): void {
  meter
    .createObservableCounter('nodejs_eventloop_active_seconds', {
      unit: 's',
      description: 'Time that the event loop was not idle',
    })
    .addCallback(result => result.observe(performance.eventLoopUtilization().active / MILLISECONDS))
}

function observeLoopDelay(meter: Meter): () => void {
  const delay = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS })
  delay.enable()
  meter
    .createObservableGauge('nodejs_eventloop_lag_p99_seconds', {
      unit: 's',
      description: '99th percentile of the event loop delay since the scrape before',
    })
    .addCallback(result => {
      // The histogram holds the timer's interval as well.
      const late = delay.percentile(99) / NANOSECONDS - LOOP_RESOLUTION_MS / MILLISECONDS
      result.observe(Math.max(0, late))
      delay.reset()
    })
  return () => delay.disable()
}
