import type { Store, Tenant } from '@longhaul/store'
import type { Request, Response } from 'express'
import { sendJson } from '../answer.ts'
import { noQuery, readQuery } from '../query.ts'

/** The secrets that sign a tenant's webhooks. */
export class WebhookSecretRoutes {
  readonly #tenants: Store['tenants']

  constructor(dependencies: { tenants: Store['tenants'] }) {
    this.#tenants = dependencies.tenants
  }

  async getWebhookSecret(request: Request, response: Response, tenant: Tenant): Promise<void> {
    readQuery(noQuery, request.url)
    const secrets = await this.#tenants.webhookSecrets(tenant.id)
    const answer = { object: 'webhook_secret', secrets }
    sendJson(response, 200, JSON.stringify(answer), { 'cache-control': 'no-store' })
  }

  async rotateWebhookSecret(request: Request, response: Response, tenant: Tenant): Promise<void> {
    readQuery(noQuery, request.url)
    await this.#tenants.rotateWebhookSecret(tenant.id)
    await this.getWebhookSecret(request, response, tenant)
  }
}
