import { z } from 'zod'

/**
 * What the caller of one job asks of its routing, beside a model or a policy.
 * Names are those of the configuration at the time when the job was accepted.
 */
export const routingConstraintsSchema = z.object({
  models: z
    .array(z.string())
    .min(1)
    .optional()
    .describe(
      'The only models to choose from, best first: the first that can take the job is chosen, the others are its fallbacks',
    ),
  strategy: z
    .enum(['cheapest', 'fastest'])
    .optional()
    .describe("Chooses in the place of the policy's strategy"),
  deployments: z
    .array(z.string())
    .optional()
    .describe(
      'The only deployments to call, as `model/deployment`; models without one of them are out',
    ),
  order: z
    .array(z.string())
    .optional()
    .describe('Deployments to be tried before others of their model, best first'),
  native: z
    .boolean()
    .optional()
    .describe(
      "Only models that serve the endpoint themselves: the body cannot be said in another's words",
    ),
})
export type RoutingConstraints = z.infer<typeof routingConstraintsSchema>

/** What a job carries with it that nobody looks it up by. */
export const jobOptionsSchema = z.object({
  constraints: routingConstraintsSchema.optional(),
  /** Where its answer is to be told while it is written: an address of coordination. */
  streamTo: z.string().optional(),
  /** Its caller waits on a connection: it fails rather than waits long for a model that is out. */
  awaited: z.boolean().optional(),
  /** Its caller wants the cost in the answer. */
  includeCost: z.boolean().optional(),
  /** Of a response: what its caller said beside what the model gets. */
  response: z
    .object({
      background: z.boolean(),
      /** It was asked for as a stream, and can be read as one. */
      stream: z.boolean(),
      /** False: it cannot be fetched afterwards. */
      store: z.boolean(),
      /** `resp_…` that it goes on from; what was said there stands in its own `input`. */
      previousId: z.string().nullable(),
    })
    .optional(),
})
export type JobOptions = z.infer<typeof jobOptionsSchema>
