import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '@longhaul/contracts'
import {
  type ConfigInput,
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
  /** Changes what is written before it is checked; of a file of the user's, the services then read a copy. */
  adjust?: ((written: ConfigInput) => ConfigInput) | undefined
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

/**
 * Processes share their configuration as a file. One that is chosen here names
 * keys as `${NAME}`, so that no secret is written.
 * @throws {StartError} the file has faults
 */
export async function openModels(options: ModelsOptions): Promise<ClusterModels> {
  const { configPath, adjust = written => written } = options
  if (configPath !== undefined) {
    const given = { config: read(configPath, options), source: `Models of ${configPath}.` }
    if (!options.adjust) return { ...given, configPath, kind: 'file' }
    // Sound, as was just checked.
    const written = parse(readFileSync(configPath, 'utf8')) as ConfigInput
    const copy = write(adjust(written), options)
    return { ...given, config: read(copy, options), configPath: copy, kind: 'file' }
  }
  const { written, source, kind } = await choose(options)
  const path = write(adjust(written), options)
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

function write(written: ConfigInput, { dataDir }: ModelsOptions): string {
  const path = join(dataDir, 'longhaul.yaml')
  writeFileSync(path, `${JSON.stringify(written, null, 2)}\n`, { mode: 0o600 })
  return path
}

function read(path: string, { secrets }: ModelsOptions): Config {
  const result = loadConfigFile(path, secrets)
  if (result.ok) return result.config
  throw new StartError(result.faults.map(fault => describeFault(path, fault)).join('\n'))
}
