import { deploymentKey, type Model } from '@longhaul/contracts'
import type { ProviderDeployment } from '@longhaul/providers'

/** The deployments of a model as a provider calls them. */
export function providerDeploymentsOf(model: string, settings: Model): ProviderDeployment[] {
  return Object.entries(settings.deployments).map(([name, deployment]) => ({
    key: deploymentKey(model, name),
    model,
    config: deployment,
    price: deployment.price ?? settings.price,
    maxOutputTokens: settings.max_output_tokens,
    endpoints: settings.endpoints,
  }))
}
