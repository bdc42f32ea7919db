import { builtInPolicy, type Catalog, type Model, type Policy } from '@longhaul/contracts'
import type { PreparedCatalog, PreparedModel, PreparedPolicy } from './prepared.ts'

/** What a caller's `model` means. */
export type Requested =
  | { kind: 'auto'; policy: Policy }
  | { kind: 'policy'; name: string; policy: Policy }
  | { kind: 'model'; name: string; model: Model }

/**
 * What `name` means in the catalogue; no name and `"auto"` are the default
 * policy. Undefined for a name that is neither policy nor model.
 */
export function resolveRequested(
  catalog: Catalog,
  name: string | null | undefined,
): Requested | undefined {
  if (isAuto(name)) {
    const policy = own(catalog.policies, catalog.default_policy) ?? builtInPolicy
    return { kind: 'auto', policy }
  }
  const policy = own(catalog.policies, name)
  if (policy) return { kind: 'policy', name, policy }
  const model = own(catalog.models, name)
  return model && { kind: 'model', name, model }
}

/**
 * Under what terms a decision is made. A pinned model is the only one that may
 * be chosen; a policy named beside it limits it, the default policy does not.
 */
export type Terms =
  | { pinned: PreparedModel; policy: PreparedPolicy | undefined }
  | { pinned: undefined; policy: PreparedPolicy }

/** Undefined when the catalogue has not, or no longer, what was named. */
export function termsOf(
  catalog: PreparedCatalog,
  requestedModel: string | null,
  policyName: string | null,
): Terms | undefined {
  const requestedPolicy = isAuto(requestedModel) ? undefined : catalog.policies.get(requestedModel)
  if (requestedPolicy) return { pinned: undefined, policy: requestedPolicy }
  const named = isAuto(policyName) ? undefined : catalog.policies.get(policyName)
  if (!named && !isAuto(policyName)) return undefined
  if (isAuto(requestedModel)) {
    const policy = named ?? catalog.defaultPolicy
    return policy && { pinned: undefined, policy }
  }
  const pinned = catalog.models.find(model => model.name === requestedModel)
  return pinned && { pinned, policy: named }
}

function isAuto(name: string | null | undefined): name is 'auto' | null | undefined {
  return name === null || name === undefined || name === 'auto'
}

function own<T>(record: Record<string, T>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined
}
