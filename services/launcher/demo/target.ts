import type { Config } from '@longhaul/contracts'

/** The running Longhaul that the demonstration is shown on. */
export interface DemoTarget {
  url: string
  apiKey: string
  config: Config
  /** One sentence: which models, and why these. */
  source: string
  kind: 'file' | 'providers' | 'ollama' | 'simulator'
}
