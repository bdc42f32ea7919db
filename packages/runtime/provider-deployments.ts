import { type Catalog, deploymentKey } from '@longhaul/contracts'
import type { ProviderDeployment } from '@longhaul/providers'

/** The deployments of a model as a provider calls them; none when the catalogue has no such model. */
export function providerDeploymentsOf({ models }: Catalog, model: string): ProviderDeployment[] {
  const settings = Object.hasOwn(models, model) ? models[model] : undefined
  if (!settings) return []
  return Object.entries(settings.deployments).map(([name, deployment]) => ({
    key: deploymentKey(model, name),
    model,
    config: deployment,
    price: deployment.price ?? settings.price,
    maxOutputTokens: settings.max_output_tokens,
    endpoints: settings.endpoints,
  }))
}
