import { readFileSync } from 'node:fs'
import { type Catalog, configSchema, type DecisionRecord, type Domain } from '@longhaul/contracts'
import { createRouter } from '@longhaul/routing'
import { requestOf } from '../../packages/routing/testing/fixtures.ts'
import { repositoryPath } from '../docs/markdown.ts'

/** A prompt as people send them, and how much it asks for. No model is trained on these. */
export interface RealLifePrompt {
  id: string
  domain: Domain
  /** 1: small talk and look-ups; 2: everyday work; 3: for experts. */
  level: 1 | 2 | 3
  prompt: string
  /** Why it is of this level. */
  reason?: string
}

export function readRealLifePrompts(): RealLifePrompt[] {
  return readPrompts('real-life')
}

/** Written without a look at these or at what is trained on; without reasons. */
export function readFurtherPrompts(): RealLifePrompt[] {
  return readPrompts('further-prompts')
}

function readPrompts(name: string): RealLifePrompt[] {
  return readFileSync(repositoryPath(`test/routing/${name}.jsonl`), 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as RealLifePrompt)
}

/** What is needed to tell a model apart from others. */
export interface ScriptedModel {
  quality: number
  domain_quality?: Partial<Record<Domain, number>>
  price: { input: number; output: number }
}

export function catalogOf(
  models: Record<string, ScriptedModel>,
  policies: Record<string, Record<string, unknown> & { strategy: string }>,
): Catalog {
  const deployments = {
    main: { provider: 'openai-compatible', base_url: 'http://127.0.0.1:9/v1' },
  }
  const whole = Object.entries(models).map(([name, model]) => [
    name,
    { context_window: 128_000, deployments, ...model },
  ])
  return configSchema.parse({ models: Object.fromEntries(whole), policies })
}

const idle = { latencyMs: 1_000, errorRate: 0, inFlight: 0, queued: 0, capacity: 10 }

/** Decides each prompt under a policy, with all models idle. */
export function decisionsOn(
  catalog: Catalog,
  policy: string,
  prompts: readonly RealLifePrompt[],
): DecisionRecord[] {
  const router = createRouter(catalog)
  return prompts.map(({ prompt }) => {
    const body = { messages: [{ role: 'user', content: prompt }] }
    const request = requestOf({ body, bodyBytes: prompt.length })
    const options = { policy, requestedModel: null, number: 1, now: 0, random: () => 0 }
    return router.decide(request, { of: () => idle }, options).record
  })
}
