import type { Arena } from './arena.ts'

const MAX_CONCURRENCY = 256

/** Three models that differ in price, so that decisions have something to decide. */
const PRICES = { small: 0.2, medium: 1, large: 5 }

/** What Longhaul is told under load, in one process or in many. */
export function longhaulConfig({ simulator }: Arena) {
  const model = (price: number) => ({
    context_window: 32_768,
    price: { input: price, output: 4 * price },
    deployments: {
      simulator: {
        provider: 'openai-compatible' as const,
        base_url: `${simulator.origin}/v1`,
        max_concurrency: MAX_CONCURRENCY,
      },
    },
  })
  return {
    models: Object.fromEntries(Object.entries(PRICES).map(([name, price]) => [name, model(price)])),
    webhooks: { allow: ['127.0.0.1/32'] },
  }
}

/** What Longhaul's tables tell of a load. */
export abstract class LonghaulRecords {
  readonly #arena: Arena

  constructor(arena: Arena) {
    this.#arena = arena
  }

  async recorded(): Promise<number> {
    return this.#count(`SELECT count(*)::integer AS count FROM longhaul.jobs WHERE phase = 2`)
  }

  async settled(): Promise<boolean> {
    const left = await this.#count(`SELECT
      ((SELECT count(*) FROM longhaul.jobs WHERE phase < 2)
      + (SELECT count(*) FROM longhaul.webhook_events WHERE due_at IS NOT NULL))::integer AS count`)
    return left === 0
  }

  async finishSeconds(since: number): Promise<number[]> {
    const rows = await this.#arena.query<{ seconds: number }>(
      `SELECT extract(epoch FROM finished_at - created_at)::float8 AS seconds FROM longhaul.jobs
       WHERE created_at >= to_timestamp($1::float8 / 1000) AND finished_at IS NOT NULL`,
      [since],
    )
    return rows.map(({ seconds }) => seconds)
  }

  async #count(text: string): Promise<number> {
    const [row] = await this.#arena.query<{ count: number }>(text)
    return row?.count ?? 0
  }
}
