import { z } from 'zod'
import { durationFrom, name, named, usdPerMillion } from './config-values.ts'
import { compileExpression } from './expression.ts'
import { endpoints, lanes } from './job.ts'
import { compileRuleExpression } from './rules/compile.ts'
import { RuleExpressionError } from './rules/error.ts'

const regularExpression = z.string().superRefine((source, context) => {
  try {
    compileExpression(source)
  } catch (error) {
    context.addIssue({
      code: 'custom',
      message: `is not a regular expression of RE2: ${(error as Error).message}`,
      params: {
        remedy:
          'put a backslash before characters that stand for themselves; RE2 knows no look-around and no back-references',
      },
    })
  }
})

const ruleExpression = z.string().superRefine((source, context) => {
  try {
    compileRuleExpression(source)
  } catch (error) {
    if (!(error instanceof RuleExpressionError)) throw error
    for (const { message, character, remedy } of error.faults) {
      context.addIssue({
        code: 'custom',
        message: `cannot be used, at character ${character}: ${message}`,
        params: remedy,
      })
    }
  }
})

const conditionsSchema = z
  .strictObject({
    content: regularExpression
      .optional()
      .describe('Case-insensitive expression over the text of the request'),
    metadata: z.record(z.string(), z.string()).optional().describe('Pairs that must all be there'),
    min_tokens: z
      .number()
      .int()
      .nonnegative()
      .optional()
      .describe('Estimated input tokens, at least'),
    max_tokens: z
      .number()
      .int()
      .nonnegative()
      .optional()
      .describe('Estimated input tokens, at most'),
    endpoint: z.enum(endpoints).optional().describe('Of the request'),
    lane: z.enum(lanes).optional().describe('Of the job'),
    tools: z.boolean().optional().describe('Whether the request brings tools'),
  })
  .refine(when => Object.keys(when).length > 0, {
    error: 'must hold at least one condition',
    params: { remedy: 'add one, or drop the rule and name its models in `models`' },
  })

const use = z.union([name, z.array(name).min(1)]).describe('Models, best first')

export const ruleSchema = z.strictObject({
  when: z
    .union([conditionsSchema, ruleExpression])
    .describe(
      'An expression such as domain == "law" && complexity > 0.6, or conditions that must all hold',
    ),
  use,
})
export type Rule = z.infer<typeof ruleSchema>

const semanticSchema = z.strictObject({
  embeddings: name.describe('A model of this configuration that serves /v1/embeddings'),
  threshold: z
    .number()
    .min(-1)
    .max(1)
    .default(0.5)
    .describe('Cosine similarity below which no route is near enough'),
  timeout: durationFrom('1ms')
    .prefault('300ms')
    .describe('Longest wait for the embedding of a prompt; after it `otherwise` decides'),
  routes: named(
    z.strictObject({
      utterances: z
        .array(z.string().min(1).max(2_000))
        .min(1)
        .max(200)
        .describe('What users say who belong here'),
      use,
    }),
  )
    .refine(all => Object.keys(all).length > 0, {
      error: 'must hold at least one route',
      params: { remedy: 'add a name, and below it utterances and use' },
    })
    .describe('By name; the one with the utterance nearest to the prompt is taken'),
})
export type Semantic = z.infer<typeof semanticSchema>

export const strategies = [
  'round-robin',
  'weighted',
  'cheapest',
  'fastest',
  'least-busy',
  'rules',
  'semantic',
  'predictive',
] as const
export type StrategyName = (typeof strategies)[number]

/** What the strategy `predictive` gives up quality for. */
export const preferences = ['quality', 'balanced', 'economy'] as const
export type Preference = (typeof preferences)[number]

const preferenceSchema = z.union([
  z.enum(preferences),
  z.strictObject({
    usd: z.number().nonnegative().describe('Quality, 0 to 1, that is given up to save a dollar'),
    second: z.number().nonnegative().describe('…and to have the answer a second earlier'),
  }),
])

const targetShareSchema = z.strictObject({
  share: z.number().gt(0).lt(1).describe('Of the decisions of this policy: 0.3'),
  models: z
    .array(name)
    .min(1)
    .optional()
    .describe('The models that it is about; default: the upper price tier of the policy'),
})
export type TargetShare = z.infer<typeof targetShareSchema>

const budgetSchema = z.strictObject({
  usd_per_day: z.number().positive().describe('US dollars that its jobs may cost in a UTC day'),
  on_spent: z
    .enum(['cheapest', 'fail'])
    .default('cheapest')
    .describe('Once it is spent: the cheapest model that suffices, or no model at all'),
})
export type Budget = z.infer<typeof budgetSchema>

/** What its strategy never looks at, with the strategy that does; a default says nothing. */
function idleSettings(policy: {
  strategy: (typeof strategies)[number]
  otherwise: string
  rules?: unknown
  semantic?: unknown
  prefer: unknown
  min_quality?: unknown
  explore: number
  target_share?: unknown
  budget?: unknown
}): Array<[setting: string, strategy: string]> {
  const { strategy, otherwise } = policy
  const asksOthers = strategy === 'rules' || strategy === 'semantic'
  const predicts = strategy === 'predictive' || (asksOthers && otherwise === 'predictive')
  const idle: Array<[string, string, boolean]> = [
    ['rules', '`rules`', strategy !== 'rules' && policy.rules !== undefined],
    ['semantic', '`semantic`', strategy !== 'semantic' && policy.semantic !== undefined],
    ['otherwise', '`rules` or `semantic`', !asksOthers && otherwise !== 'cheapest'],
    ['prefer', '`predictive`', !predicts && policy.prefer !== 'balanced'],
    ['min_quality', '`predictive`', !predicts && policy.min_quality !== undefined],
    ['explore', '`predictive`', !predicts && policy.explore > 0],
    [
      'target_share',
      '`predictive`',
      strategy !== 'predictive' && policy.target_share !== undefined,
    ],
    ['budget', '`predictive`', strategy !== 'predictive' && policy.budget !== undefined],
  ]
  return idle.flatMap(([setting, of, isIdle]) => (isIdle ? [[setting, of]] : []))
}

export const policySchema = z
  .strictObject({
    strategy: z.enum(strategies).describe('How one of the models that qualify is chosen'),
    models: z.array(name).min(1).optional().describe('Only these; default: all'),
    max_price: usdPerMillion
      .optional()
      .describe('Highest output price of a model, USD per million tokens'),
    max_cost_usd: z.number().positive().optional().describe('Highest estimated cost of one job'),
    rules: z
      .array(ruleSchema)
      .min(1)
      .optional()
      .describe('For the strategy `rules`: the first that matches'),
    otherwise: z
      .enum(['cheapest', 'fastest', 'least-busy', 'round-robin', 'weighted', 'predictive'])
      .default('cheapest')
      .describe('The strategy when no rule matches, or no route is near'),
    semantic: semanticSchema
      .optional()
      .describe('For the strategy `semantic`: routes by what prompts are like'),
    prefer: preferenceSchema
      .default('balanced')
      .describe('For the strategy `predictive`: how quality weighs against cost and time'),
    min_quality: z
      .number()
      .gt(0)
      .max(1)
      .optional()
      .describe(
        "For `predictive`: at least this share of the best model's quality, at the least cost",
      ),
    explore: z
      .number()
      .min(0)
      .max(0.5)
      .default(0)
      .describe('For `predictive`: share of decisions that are drawn by lot, to learn from'),
    target_share: targetShareSchema
      .optional()
      .describe('For `predictive`: the share of jobs that go to some models is held at this'),
    budget: budgetSchema
      .optional()
      .describe('For `predictive`: as much quality as a budget per day buys'),
    max_fallbacks: z
      .number()
      .int()
      .min(0)
      .max(10)
      .default(2)
      .describe('Models beside the chosen one'),
    on_refused: z
      .enum(['fail', 'fallback'])
      .default('fail')
      .describe('When a provider refuses the content'),
    on_unusable: z
      .enum(['fail', 'fallback'])
      .default('fail')
      .describe('When an answer does not meet the requested JSON schema'),
  })
  .refine(policy => policy.strategy !== 'rules' || policy.rules, {
    path: ['rules'],
    error: 'is missing: the strategy `rules` needs it',
    params: { remedy: 'add rules, or choose another strategy' },
  })
  .refine(policy => policy.strategy !== 'semantic' || policy.semantic, {
    path: ['semantic'],
    error: 'is missing: the strategy `semantic` needs it',
    params: { remedy: 'add semantic with embeddings and routes, or choose another strategy' },
  })
  .superRefine((policy, context) => {
    for (const [setting, strategy] of idleSettings(policy)) {
      context.addIssue({
        code: 'custom',
        path: [setting],
        message: `has no effect: it is for the strategy ${strategy}`,
        params: { remedy: `choose ${strategy}, or remove it` },
      })
    }
  })
  .refine(policy => !policy.target_share || !policy.budget, {
    path: ['budget'],
    error: 'cannot be held beside a target_share: each of the two decides who gets the dear models',
    params: { remedy: 'remove one, or make two policies' },
  })
export type Policy = z.infer<typeof policySchema>
