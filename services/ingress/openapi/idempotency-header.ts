import { z } from 'zod'

export const idempotencyHeader = z.object({
  'Idempotency-Key': z
    .string()
    .min(1)
    .max(255)
    .optional()
    .describe(
      'The same key with the same body answers the same job again, for a day; with another body it is refused',
    ),
})
