import type { Catalog, RoutingRequest } from '@longhaul/contracts'
import { type DecideOptions, type Decision, decideUnder } from './decide.ts'
import type { LiveView } from './live-view.ts'
import { type PreparedCatalog, prepareCatalog } from './prepared.ts'
import { recordWithoutChoice } from './record.ts'
import { isReadUnder, ReadableRequest } from './request-view.ts'
import { type Terms, termsOf } from './requested.ts'
import { requirementsOf } from './requirements.ts'
import { type SemanticQuestion, semanticQuestionOf } from './semantics/question.ts'

export interface Router {
  /**
   * Chooses a model for one request. Never throws, whatever the body holds;
   * the same calls in the same order on a new router give the same decisions.
   */
  decide(request: RoutingRequest, live: LiveView, options: DecideOptions): Decision
  /**
   * Reads a request as far as its decision will need it, and that decision
   * takes it as `read`. Who has many requests at hand reads them all before
   * deciding on any: tables and code stay near, and both take less time.
   */
  read(
    request: RoutingRequest,
    options: Pick<DecideOptions, 'policy' | 'requestedModel'>,
  ): ReadableRequest
  /**
   * What the decision would want to be told as `nearness`: finding it takes a
   * call, which is not for a pure function to make. Undefined for most requests.
   */
  semanticQuestion(
    request: RoutingRequest,
    options: Pick<DecideOptions, 'policy' | 'requestedModel'>,
  ): SemanticQuestion | undefined
}

/**
 * Prepares the catalogue once: sets, expressions, and a strategy per policy.
 * Strategies that take turns keep them in the router, so keep one per process.
 * @throws {SyntaxError} for a rule whose expression does not compile; the configuration's schema refuses those
 */
export function createRouter(catalog: Catalog): Router {
  const prepared = prepareCatalog(catalog)
  return {
    decide(request, live, options) {
      const terms = termsOf(prepared, options.requestedModel, options.policy)
      if (!terms) return unknownName(prepared, request, options)
      const own = ownTerms(terms, prepared, request)
      return decideUnder(own, prepared.models, request, live, options)
    },
    read(request, { requestedModel, policy }) {
      const view = new ReadableRequest(request)
      const terms = termsOf(prepared, requestedModel, policy)
      if (terms && isReadUnder(ownTerms(terms, prepared, request), request)) view.reading()
      return view
    },
    semanticQuestion(request, { requestedModel, policy }) {
      const terms = termsOf(prepared, requestedModel, policy)
      return terms && semanticQuestionOf(terms, request)
    },
  }
}

/**
 * What the request asks for stands in the place of what its policy says: the
 * strategy, and under the default policy the models, of which it could have
 * named each by itself. All else of the policy stays.
 */
function ownTerms(
  terms: Terms,
  { strategies, defaultPolicy }: PreparedCatalog,
  { constraints }: RoutingRequest,
): Terms {
  const { strategy, models } = constraints ?? {}
  if (terms.pinned || (strategy === undefined && models === undefined)) return terms
  let { policy } = terms
  if (models !== undefined && policy === defaultPolicy) policy = { ...policy, allowed: undefined }
  if (strategy !== undefined) {
    policy = {
      ...policy,
      policy: { ...policy.policy, strategy },
      strategy: strategies[strategy],
    }
  }
  return { pinned: undefined, policy }
}

/** A job that was accepted before the configuration lost its model or policy. */
function unknownName(
  { models }: PreparedCatalog,
  request: RoutingRequest,
  { policy, requestedModel, number, now }: DecideOptions,
): Decision {
  const named = [requestedModel, policy].filter(name => name !== null).join(' with policy ')
  const message = `The configuration has no such model or policy: ${named}.`
  const record = recordWithoutChoice({
    number,
    now,
    policy: policy ?? requestedModel ?? 'auto',
    strategy: 'none',
    filtered: models.map(({ name }) => ({
      model: name,
      reason: 'not-requested',
      detail: `the request names ${named}`,
    })),
    needs: requirementsOf(request.endpoint, request.body),
    reason: message,
  })
  return { route: undefined, record, failure: { code: 'model_not_found', message } }
}
