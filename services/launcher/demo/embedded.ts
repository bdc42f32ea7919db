import type { Config } from '@longhaul/contracts'
import type { Env, LauncherEnv } from '@longhaul/runtime'
import { startTelemetry } from '@longhaul/telemetry'
import { launch } from '../launch.ts'
import { inFreshFolder } from './fresh-folder.ts'
import type { DemoTarget } from './target.ts'

const STOP_MS = 15_000

export interface DemoSystemOptions {
  /** Of it the configuration file and the log level are used; address, servers and key are the demo's own. */
  env: LauncherEnv
  secrets: Env
}

/**
 * Runs `use` on an embedded Longhaul of its own: in a fresh folder, which is
 * removed afterwards however it ends, and on a free port.
 */
export function withEmbedded<T>(
  { env, secrets }: DemoSystemOptions,
  use: (target: DemoTarget) => Promise<T>,
): Promise<T> {
  return inFreshFolder(async dataDir => {
    const telemetry = startTelemetry({ service: 'longhaul-demo', logLevel: env.logLevel })
    try {
      const launched = await launch({
        env: { ...env, ...OWN, dataDir },
        secrets,
        telemetry,
        adjustConfig: allowLoopbackReceivers,
        probeOllama: noOllama,
      })
      const { config, source, kind, system, newKey = '' } = launched
      try {
        return await use({ config, source, kind, url: system.url, apiKey: newKey })
      } finally {
        await launched.stop(STOP_MS)
      }
    } finally {
      await telemetry.stop()
    }
  })
}

/** Whatever the environment names. */
export const OWN = {
  host: '127.0.0.1',
  port: 0,
  databaseUrl: undefined,
  shared: { kafka: undefined, redisUrl: undefined },
  apiKey: undefined,
} as const

/** It would be busy with the sample for an hour. */
export async function noOllama(): Promise<undefined> {}

function allowLoopbackReceivers(config: Config): Config {
  const allow = [...config.webhooks.allow, '127.0.0.1']
  return { ...config, webhooks: { ...config.webhooks, allow } }
}
