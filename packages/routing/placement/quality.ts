import { atStrength, type Placement } from './placement.ts'

/** How well a model is expected to answer, and how sure that is. */
export interface Quality {
  /** 0 to 1. */
  value: number
  /** Standard deviation. */
  uncertainty: number
}

/** Even on the easiest prompts the weakest model fails now and then. */
const LEAST_COMPLEXITY = 0.03
const STRANGE_UNCERTAINTY = 0.12

/** Of a prediction, what the quality of an answer follows from. */
export interface Outlook {
  domains: ArrayLike<number>
  bands: ArrayLike<number>
  complexity: number
  familiarity: number
}

/** As `assess` finds it. */
export function qualityOf(
  placement: Placement,
  outlook: Outlook,
  strengths: ArrayLike<number>,
): Quality {
  const quality = { value: 0, uncertainty: 0 }
  assess(quality, placement, outlook, strengths)
  return quality
}

/**
 * On prompts like those that models were scored on, the share that models of
 * this strength answer correctly, as predicted, and what is peculiar to the
 * model in the domain. Away from them only what holds everywhere: the stronger
 * model is the better one, by as much as the prompt is complex.
 */
export function assess(
  into: Quality,
  placement: Placement,
  outlook: Outlook,
  strengths: ArrayLike<number>,
): void {
  const { complexity, familiarity } = outlook
  const peculiarity = peculiarityIn(placement, outlook.domains)
  const seen = atStrength(placement.strength, strengths, outlook.bands) + peculiarity
  const hardness = LEAST_COMPLEXITY + (1 - LEAST_COMPLEXITY) * complexity
  const general = 1 - (1 - placement.strength) * hardness + peculiarity * complexity
  const value = familiarity * seen + (1 - familiarity) * general
  const strange = STRANGE_UNCERTAINTY * (1 - familiarity) * hardness
  const unsure = placement.uncertainty * hardness
  into.value = Math.min(1, Math.max(0, value))
  into.uncertainty = Math.sqrt(unsure * unsure + strange * strange)
}

/** Expected over the domains that the prompt may belong to. */
function peculiarityIn({ peculiarity }: Placement, probabilities: ArrayLike<number>): number {
  if (!peculiarity) return 0
  let sum = 0
  for (let domain = 0; domain < probabilities.length; domain++) {
    sum += (probabilities[domain] as number) * (peculiarity[domain] as number)
  }
  return sum
}
