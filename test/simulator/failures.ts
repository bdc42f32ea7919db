import type { FailureStep, Fault } from './behaviour.ts'
import type { Random } from './random.ts'

/**
 * The fault for one call, or undefined for a normal answer.
 * @param callNumber 1 for the first call that these steps count
 */
export function chooseFault(
  steps: FailureStep[],
  callNumber: number,
  random: Random,
): Fault | undefined {
  let covered = 0
  for (const step of steps) {
    if ('rate' in step) continue
    covered += step.times === 'always' ? Number.POSITIVE_INFINITY : (step.times ?? 1)
    if (callNumber <= covered) return realFault(step.fault)
  }
  for (const step of steps) {
    if ('rate' in step && random() < step.rate) return realFault(step.fault)
  }
  return undefined
}

function realFault(fault: Fault): Fault | undefined {
  return fault.kind === 'none' ? undefined : fault
}
