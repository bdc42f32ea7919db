import type { ConfigInput } from '@longhaul/runtime'
import { startTelemetry } from '@longhaul/telemetry'
import { startCluster } from '../cluster/cluster.ts'
import { defaultCounts } from '../cluster/options.ts'
import { type DemoSystemOptions, noOllama, OWN } from './embedded.ts'
import { inFreshFolder } from './fresh-folder.ts'
import type { DemoTarget } from './target.ts'

const STOP_MS = 15_000
/** As many as workers share; a broker takes its time to make each. */
const PARTITIONS = 2

/**
 * Runs `use` on a cluster of its own, servers included: in a fresh folder, which
 * is removed afterwards however it ends, and on free ports.
 */
export function withCluster<T>(
  { env, secrets }: DemoSystemOptions,
  use: (target: DemoTarget) => Promise<T>,
): Promise<T> {
  return inFreshFolder(async dataDir => {
    const telemetry = startTelemetry({ service: 'longhaul-demo', logLevel: env.logLevel })
    try {
      const cluster = await startCluster({
        ...{ counts: defaultCounts, dataDir, port: 0 },
        configPath: env.configPath,
        env: { ...env, ...OWN, shutdownMs: STOP_MS },
        secrets,
        telemetry,
        print: line => console.error(line),
        adjust: forDemonstration,
        probeOllama: noOllama,
      })
      const { config, source, kind, urls, newKey = '' } = cluster
      try {
        return await use({ config, source, kind, url: urls[0] ?? '', apiKey: newKey })
      } finally {
        await cluster.stop(STOP_MS)
      }
    } finally {
      await telemetry.stop()
    }
  })
}

function forDemonstration(written: ConfigInput): ConfigInput {
  const allow = [...(written.webhooks?.allow ?? []), '127.0.0.1']
  return {
    ...written,
    webhooks: { ...written.webhooks, allow },
    kafka: { partitions: PARTITIONS, ...written.kafka },
  }
}
