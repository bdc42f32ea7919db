import { z } from 'zod'

/**
 * As `z.array`, but it stops at the first element at fault: a caller can send
 * millions of them, and each would leave an issue behind.
 */
export function arrayOf<S extends z.ZodType>(
  element: S,
  bounds: { min?: number; max?: number; tooMany?: string } = {},
): z.ZodType<Array<z.output<S>>, Array<z.input<S>>> {
  const { min = 0, max = Number.MAX_SAFE_INTEGER, tooMany } = bounds
  const { $schema: _, ...items } = z.toJSONSchema(element, { io: 'input' })
  const array = z
    .array(z.unknown())
    .min(min)
    .max(max, { abort: true, ...(tooMany && { error: tooMany }) })
    .superRefine((values, context) => {
      for (const [index, value] of values.entries()) {
        const issue = element.safeParse(value, { reportInput: true }).error?.issues[0]
        if (!issue) continue
        // Of a union, zod would hear only the branch whose issues let it go on.
        const told = { ...issue, path: [index, ...issue.path], continue: false }
        context.addIssue(told as Parameters<typeof context.addIssue>[0])
        return
      }
    })
    .meta({ items, ...(bounds.max === undefined && { maxItems: undefined }) })
  return array as unknown as z.ZodType<Array<z.output<S>>, Array<z.input<S>>>
}
