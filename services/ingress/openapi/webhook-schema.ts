import { z } from 'zod'

/** The webhook of a job or a batch as it is shown. */
export function webhookSchema<const Types extends readonly string[]>(eventTypes: Types) {
  return z
    .object({ url: z.string(), events: z.array(z.enum(eventTypes)).nullable() })
    .nullable()
    .describe('Where an event goes when it ends; `events` is null when all were asked for')
}
