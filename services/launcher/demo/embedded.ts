import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Config } from '@longhaul/contracts'
import type { Env, LauncherEnv } from '@longhaul/runtime'
import { startTelemetry } from '@longhaul/telemetry'
import { type Launched, launch } from '../launch.ts'

const STOP_MS = 5_000

export interface EmbeddedOptions {
  /** Of it the configuration file and the log level are used; address, database and key are the demo's own. */
  env: LauncherEnv
  secrets: Env
}

/**
 * Runs `use` on an embedded Longhaul of its own: in a fresh folder, which is
 * removed afterwards however it ends, and on a free port.
 */
export async function withEmbedded<T>(
  { env, secrets }: EmbeddedOptions,
  use: (launched: Launched) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'longhaul-demo-'))
  const telemetry = startTelemetry({ service: 'longhaul-demo', logLevel: env.logLevel })
  try {
    const launched = await launch({
      env: {
        ...env,
        host: '127.0.0.1',
        port: 0,
        dataDir: folder,
        databaseUrl: undefined,
        apiKey: undefined,
      },
      secrets,
      telemetry,
      adjustConfig: allowLoopbackReceivers,
      // It would be busy with the sample for an hour.
      probeOllama: async () => undefined,
    })
    try {
      return await use(launched)
    } finally {
      await launched.stop(STOP_MS)
    }
  } finally {
    await telemetry.stop()
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

function allowLoopbackReceivers(config: Config): Config {
  const allow = [...config.webhooks.allow, '127.0.0.1']
  return { ...config, webhooks: { ...config.webhooks, allow } }
}
