import type { DemoTarget } from './target.ts'

export function introduce(cluster: boolean): string {
  const system = cluster
    ? 'PostgreSQL, Kafka, Redis, and each service in processes of its own'
    : 'PostgreSQL and all services in this process'
  return `Longhaul, a demonstration
  1. starts ${system}, in a fresh folder that is removed at the end
  2. submits the prompts over HTTP with model "auto", so that Longhaul chooses the model of each
  3. receives a signed webhook for every job, and verifies it; polls some jobs as well
  4. shows what each model did and cost, and explains one decision
`
}

export function describeModels({ kind, source, config, url }: DemoTarget): string {
  const models =
    kind === 'simulator'
      ? `Models ${Object.keys(config.models).join(', ')}, of the built-in simulator: answers, prices and times are made up, and nothing is spent.\n  With a provider's key in the environment, such as OPENAI_API_KEY, real models answer.`
      : source
  return `Ready at ${url}\n  ${models}`
}
