import type { Clock } from '@longhaul/contracts'
import { anthropic } from './anthropic/format.ts'
import { CompletionsOverChat } from './completions-over-chat/provider.ts'
import { Connections } from './connections.ts'
import { HttpProvider } from './http-provider.ts'
import { JsonSchemas } from './json-schema.ts'
import { openAiCompatible } from './openai-compatible/format.ts'
import type { Provider, ProviderDeployment } from './port.ts'
import { ResponsesOverChat } from './responses-over-chat/provider.ts'
import { Targets } from './targets.ts'

export interface ProviderDependencies {
  clock: Clock
}

export interface ProviderOptions {
  /**
   * Deployments that will be called, so that the connection pools start at
   * their full width; others are taken up when they are first called.
   */
  deployments?: Iterable<ProviderDeployment>
}

/** A provider that calls each deployment in the wire format that its configuration names. */
export function openProviders(
  { clock }: ProviderDependencies,
  options: ProviderOptions = {},
): Provider {
  const connections = new Connections()
  const formats = { 'openai-compatible': openAiCompatible, anthropic }
  const targets = new Targets({ connections, formats })
  for (const deployment of options.deployments ?? []) targets.of(deployment)
  const http = new HttpProvider({ clock, connections, targets, schemas: new JsonSchemas() })
  return new CompletionsOverChat(new ResponsesOverChat(http))
}
