import type { Store } from '@longhaul/store'

const FIRST_TENANT = 'default'

/**
 * Sees to it that there is a key, and that `given` is one.
 * @returns the key, when this call made it: its plain text is known this once
 */
export async function ensureFirstKey(
  store: Store,
  given: string | undefined,
): Promise<string | undefined> {
  const first = !(await store.tenants.hasKeys())
  if (!first && given === undefined) return undefined
  const tenant = await store.tenants.ensure(FIRST_TENANT)
  const key = await store.tenants.createKey(
    tenant.id,
    first ? 'first key' : 'LONGHAUL_API_KEY',
    given,
  )
  return first ? key : undefined
}
