import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '@longhaul/contracts'
import {
  chooseCatalog,
  describeFault,
  type Env,
  loadConfigFile,
  probeOllama,
  type Stoppable,
  simulatorBehaviours,
  withKeysByReference,
} from '@longhaul/runtime'
import { startSimulator } from '@longhaul/simulator'
import { parse } from 'yaml'
import { StartError } from '../expected-error.ts'

export interface ModelsOptions {
  /** A file of the user's; undefined: models are chosen, and written into the folder. */
  configPath: string | undefined
  secrets: Env
  dataDir: string
  /** Added to `webhooks.allow`; the services then read a copy of the file. */
  allowReceivers?: readonly string[]
  /** Looks for a local Ollama, when no provider's key is there. */
  probeOllama?: typeof probeOllama
  /** Told of the simulator, when it is started. */
  started: (simulator: Stoppable) => void
}

export interface ClusterModels {
  config: Config
  /** What the services read. */
  configPath: string
  /** One sentence: which models, and why these. */
  source: string
  kind: 'file' | 'providers' | 'ollama' | 'simulator'
}

/** A configuration before it is checked: what is changed of it, beside what is kept. */
interface Written {
  webhooks?: { allow?: readonly string[] | undefined } | undefined
}

/**
 * Processes share their configuration as a file. One that is chosen here names
 * keys as `${NAME}`, so that no secret is written.
 * @throws {StartError} the file has faults
 */
export async function openModels(options: ModelsOptions): Promise<ClusterModels> {
  const { configPath, dataDir, allowReceivers = [] } = options
  if (configPath !== undefined) {
    const given = { config: read(configPath, options), source: `Models of ${configPath}.` }
    if (allowReceivers.length === 0) return { ...given, configPath, kind: 'file' }
    const written = parse(readFileSync(configPath, 'utf8')) as Written
    const copy = write(dataDir, written, allowReceivers)
    return { ...given, config: read(copy, options), configPath: copy, kind: 'file' }
  }
  const { written, source, kind } = await choose(options)
  const path = write(dataDir, written, allowReceivers)
  return { config: read(path, options), configPath: path, source, kind }
}

function choose({ secrets, started, probeOllama: probe = probeOllama }: ModelsOptions) {
  return chooseCatalog({
    env: withKeysByReference(secrets),
    probeOllama: probe,
    async simulatorOrigin() {
      const simulator = await startSimulator({ models: simulatorBehaviours })
      started({ name: 'simulator', stop: () => simulator.close() })
      return simulator.origin
    },
  })
}

function write(dataDir: string, written: Written, allowReceivers: readonly string[]): string {
  const path = join(dataDir, 'longhaul.yaml')
  const allow = [...(written.webhooks?.allow ?? []), ...allowReceivers]
  const webhooks = { ...written.webhooks, ...(allow.length > 0 && { allow }) }
  writeFileSync(path, `${JSON.stringify({ ...written, webhooks }, null, 2)}\n`, { mode: 0o600 })
  return path
}

function read(path: string, { secrets }: ModelsOptions): Config {
  const result = loadConfigFile(path, secrets)
  if (result.ok) return result.config
  throw new StartError(result.faults.map(fault => describeFault(path, fault)).join('\n'))
}
