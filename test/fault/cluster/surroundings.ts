import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@longhaul/embedded-postgres'
import { type ClusterConfig, ClusterProcesses } from '../../processes/cluster-processes.ts'
import { SimulatorProcess } from '../../processes/simulator-process.ts'
import { LATENCY, LEASE, MODELS, simulatedModel, webhookSecret } from '../surroundings.ts'
import { TcpProxy } from '../tcp-proxy.ts'

/** A cluster with two processes of each service, and what stays while they come and go. */
export interface ClusterSurroundings {
  cluster: ClusterProcesses
  simulator: SimulatorProcess
  /** Between Kafka and the worker of that name; nobody else goes through it. */
  proxy: TcpProxy
  config: ClusterConfig
  /** Data, configuration, and a log of each process. */
  folder: string
  /** That webhooks are signed with. */
  secret: string
  /** Ends all processes and removes the folder. */
  end(): Promise<void>
}

export const PROXIED_WORKER = 'worker-2'
/** Pinned by name, and slow. */
export const SLOW_MODEL = 'slow'
/** Above the session time-out and below the bound of stragglers. */
export const SLOW_MS = 15_000
export const SESSION_TIMEOUT_MS = 6_000
export const STRAGGLER_AFTER_MS = 20_000
/** Above the longest straggler. */
const CALL_TIMEOUT = '15m'

/** Two of each: that one of them can die, and that work is shared. */
const COUNTS = { ingress: 2, router: 2, worker: 2, dispatcher: 2, courier: 2 }
/** As many as it takes to be shared and moved; the broker needs its time to make each. */
export const PARTITIONS = 4

export async function surroundCluster(): Promise<ClusterSurroundings> {
  const folder = mkdtempSync(join(tmpdir(), 'longhaul-fault-cluster-'))
  const simulator = await SimulatorProcess.start(folder, {
    '*': LATENCY,
    [SLOW_MODEL]: { latencyMs: SLOW_MS },
  })
  const port = await freePort()
  const proxy = await TcpProxy.listen(await freePort(), port)
  const config = configOf(simulator.origin)
  const cluster = new ClusterProcesses({
    folder,
    config,
    counts: COUNTS,
    behindProxy: { names: [PROXIED_WORKER], port, proxyPort: proxy.port },
  })
  const end = async () => {
    await cluster.end()
    await Promise.all([simulator.stop(), proxy.close()])
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  }
  try {
    await cluster.start()
    const [url = ''] = cluster.urls
    const secret = await webhookSecret({ url, apiKey: cluster.apiKey })
    return { cluster, simulator, proxy, config, folder, secret, end }
  } catch (error) {
    await end()
    throw error
  }
}

function configOf(origin: string): ClusterConfig {
  const names = [...MODELS, SLOW_MODEL]
  return {
    models: Object.fromEntries(
      names.map(name => [name, simulatedModel(origin, { timeout: CALL_TIMEOUT })]),
    ),
    policies: { auto: { strategy: 'round-robin', models: MODELS } },
    webhooks: { allow: ['127.0.0.1/32'] },
    lease: LEASE,
    dispatch: { redispatch_after: '5s' },
    kafka: {
      partitions: PARTITIONS,
      session_timeout: `${SESSION_TIMEOUT_MS}ms`,
      straggler_after: `${STRAGGLER_AFTER_MS}ms`,
    },
  }
}
