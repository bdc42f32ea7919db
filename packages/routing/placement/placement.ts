import { domains, type Model } from '@longhaul/contracts'
import type { Band } from '../predictor/weights.ts'
import { type PublishedFigures, publishedFiguresOf } from './published.ts'

/** Where a model stands among others: what its quality is predicted from. */
export interface Placement {
  /** Share of demanding questions that it answers correctly: of MMLU-Pro, or what stands for it. */
  strength: number
  /** By domain, how much better it is than models of its strength usually are; undefined when nothing is known. */
  peculiarity: Float64Array | undefined
  /** Standard deviation of the strength. */
  uncertainty: number
  /** What it rests on. */
  basis: 'published' | 'declared' | 'price'
}

/**
 * Peculiarities are in part chance, and should be pulled toward those of like
 * models; but the uncertain domain of a prompt flattens them already, by more.
 */
const TRUST = 1.1
const PUBLISHED_UNCERTAINTY = 0.02
const DECLARED_UNCERTAINTY = 0.06
const PRICE_UNCERTAINTY = 0.15

/** Output prices up to which a model of unknown quality counts as of a tier, and the strength of that tier. */
const tiers: readonly (readonly [usdPerMillion: number, strength: number])[] = [
  [0.8, 0.45],
  [4, 0.6],
  [16, 0.75],
  [Number.POSITIVE_INFINITY, 0.85],
]

/**
 * Accuracies in the configuration come first, then published ones, then the
 * declared quality, then the price, which says least.
 */
export function placementOf(name: string, model: Model, bands: readonly Band[]): Placement {
  const published = publishedFiguresOf(name) ?? deploymentFigures(model)
  const { quality, domain_quality: byDomain } = model
  if (byDomain && Object.keys(byDomain).length > 0) {
    const overall = quality ?? mean(Object.values(byDomain))
    const whole = domains.map(domain => byDomain[domain] ?? overall)
    return placementByFigures({ overall, byDomain: whole }, bands)
  }
  // A declared quality stands: it may be of another scale than what is published.
  if (quality !== undefined) return withoutFigures(quality, DECLARED_UNCERTAINTY, 'declared')
  if (published) return placementByFigures(published, bands)
  return withoutFigures(strengthByPrice(model), PRICE_UNCERTAINTY, 'price')
}

export function placementByFigures(
  { overall, byDomain }: PublishedFigures,
  bands: readonly Band[],
): Placement {
  const peculiarity = Float64Array.from(domains, (_, domain) => {
    const usual = atStrength(
      overall,
      bands.map(({ strength }) => strength),
      bands.map(band => band.byDomain[domain] as number),
    )
    return TRUST * ((byDomain[domain] as number) - usual)
  })
  return { strength: overall, peculiarity, uncertainty: PUBLISHED_UNCERTAINTY, basis: 'published' }
}

function withoutFigures(
  strength: number,
  uncertainty: number,
  basis: Placement['basis'],
): Placement {
  return { strength, peculiarity: undefined, uncertainty, basis }
}

/** Deployments may name the model as its provider does. */
function deploymentFigures({ deployments }: Model): PublishedFigures | undefined {
  for (const { model } of Object.values(deployments)) {
    const figures = model === undefined ? undefined : publishedFiguresOf(model)
    if (figures) return figures
  }
  return undefined
}

function strengthByPrice({ price }: Model): number {
  return tiers.find(([most]) => price.output <= most)?.[1] ?? 0
}

/**
 * A share of right answers at a strength, between those of bands. Beyond the
 * strongest band the share of failures shrinks with the model's own, below the
 * weakest the share of successes does.
 */
export function atStrength(
  strength: number,
  strengths: ArrayLike<number>,
  shares: ArrayLike<number>,
): number {
  const last = strengths.length - 1
  const strongest = strengths[last] as number
  if (strength >= strongest) {
    return 1 - ((1 - (shares[last] as number)) * (1 - strength)) / (1 - strongest)
  }
  const weakest = strengths[0] as number
  if (strength <= weakest) return ((shares[0] as number) * strength) / weakest
  let band = 0
  while (strength > (strengths[band + 1] as number)) band += 1
  const from = strengths[band] as number
  const part = (strength - from) / ((strengths[band + 1] as number) - from)
  return (shares[band] as number) * (1 - part) + (shares[band + 1] as number) * part
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0) / numbers.length
}
