import { describe, expect, it } from '@jest/globals'
import { catalogOf, decideOnce, liveOf, reasonsOf, requestOf } from './testing/fixtures.ts'

const catalog = catalogOf(
  {
    cheap: { price: { input: 1, output: 1 } },
    dear: { price: { input: 9, output: 9 } },
    middle: { price: { input: 3, output: 3 } },
  },
  { even: { strategy: 'round-robin' } },
)

describe('the constraints of a request', () => {
  it('choose the first of the models that it lists; the others are fallbacks in their order', () => {
    const request = requestOf({ constraints: { models: ['dear', 'middle', 'cheap'] } })
    const { route, record } = decideOnce(catalog, request)
    expect(route).toEqual({ model: 'dear', fallbacks: ['middle', 'cheap'] })
    expect(record).toMatchObject({ strategy: 'listed', propensity: 1 })
  })

  it('pass over a listed model that is excluded, and leave out those that are not listed', () => {
    const request = requestOf({
      constraints: { models: ['dear', 'middle'] },
      exclusions: [{ model: 'dear', reason: 'refused' }],
    })
    const { route, record } = decideOnce(catalog, request)
    expect(route).toEqual({ model: 'middle', fallbacks: [] })
    expect(reasonsOf(record)).toEqual({ cheap: 'not-requested', dear: 'excluded' })
  })

  it('list models that the default policy leaves out, as one named alone may be; a policy that is named bounds them', () => {
    const models = {
      cheap: { price: { input: 1, output: 1 } },
      dear: { price: { input: 9, output: 9 } },
    }
    const only = { strategy: 'cheapest' as const, models: ['cheap'] }
    const bounded = catalogOf(models, { auto: only, frugal: only })
    const request = requestOf({ constraints: { models: ['dear', 'cheap'] } })
    expect(decideOnce(bounded, request).route).toEqual({ model: 'dear', fallbacks: ['cheap'] })
    const named = decideOnce(bounded, request, undefined, { policy: 'frugal' })
    expect(named.route).toEqual({ model: 'cheap', fallbacks: [] })
    expect(reasonsOf(named.record)).toEqual({ dear: 'not-allowed' })
  })

  it('leave out models without an allowed deployment', () => {
    const request = requestOf({ constraints: { deployments: ['middle/main'] } })
    const { route, record } = decideOnce(catalog, request)
    expect(route?.model).toBe('middle')
    expect(reasonsOf(record)).toEqual({ cheap: 'not-allowed', dear: 'not-allowed' })
    const none = decideOnce(catalog, requestOf({ constraints: { deployments: ['gone/main'] } }))
    expect(none.failure?.code).toBe('no_model_qualifies')
  })

  it('put a strategy in the place of the policy’s', () => {
    const live = liveOf({
      cheap: { latencyMs: 900 },
      dear: { latencyMs: 100 },
      middle: { latencyMs: 500 },
    })
    const ask = (strategy: 'cheapest' | 'fastest') =>
      decideOnce(catalog, requestOf({ constraints: { strategy } }), live, { policy: 'even' })
    expect(ask('fastest')).toMatchObject({
      route: { model: 'dear' },
      record: { policy: 'even', strategy: 'fastest' },
    })
    expect(ask('cheapest').route?.model).toBe('cheap')
  })
})
