import { constants, type NodeGCPerformanceDetail, PerformanceObserver } from 'node:perf_hooks'
import { getHeapStatistics, setFlagsFromString } from 'node:v8'

interface GarbageCollection {
  readonly detail?: NodeGCPerformanceDetail
}

const MEBIBYTE = 1024 * 1024
/** V8 grows a heap by no less by itself. */
const LEAST_PERCENT = 30

/** In MiB, with the memory behind Buffers. The more, the less often all is collected. */
export interface HeapGrowth {
  /** It grows to about so much before the next full collection. */
  to: number
  /** By no more than this at a time: what is set counts at the next collection, when more may live. */
  most: number
}

/**
 * How far the heap grows over what lived after the last full collection before
 * the next begins (V8's `--heap-growing-percent`, which is read at every
 * collection and which `NODE_OPTIONS` does not take); 30 % at least.
 *
 * V8 counts the memory behind Buffers as heap, and grows a small one by as
 * little as 30 %: what lives here is about 40 MB, so that 12 MB of Buffers that
 * are garbage already, a few hundred messages, bring on a full collection. And
 * it goes by percent: with long prompts on their way more lives, and the same
 * percent of it is more than a process may take.
 */
export function letHeapGrow({ to, most }: HeapGrowth): void {
  const adjust = () => {
    const { used_heap_size, external_memory } = getHeapStatistics()
    const lives = (used_heap_size + external_memory) / MEBIBYTE
    const percent = Math.round((100 * Math.min(most, to - lives)) / lives)
    setFlagsFromString(`--heap-growing-percent=${Math.max(LEAST_PERCENT, percent)}`)
  }
  adjust()
  new PerformanceObserver(list => {
    const collections = list.getEntries() as readonly GarbageCollection[]
    if (collections.some(isFullCollection)) adjust()
  }).observe({ entryTypes: ['gc'] })
}

function isFullCollection({ detail }: GarbageCollection): boolean {
  return detail?.kind === constants.NODE_PERFORMANCE_GC_MAJOR
}
