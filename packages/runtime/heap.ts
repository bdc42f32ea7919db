import { constants, type NodeGCPerformanceDetail, PerformanceObserver } from 'node:perf_hooks'
import { memoryUsage } from 'node:process'
import { getHeapStatistics, setFlagsFromString } from 'node:v8'

interface GarbageCollection {
  readonly detail?: NodeGCPerformanceDetail
}

const MEBIBYTE = 1024 * 1024
/** A process that has taken more of the machine's memory collects more often. */
const MUCH_RESIDENT_MIB = 320
const SMALL_GROWTH_MIB = 32
/** V8 grows a heap by no less by itself. */
const LEAST_PERCENT = 30

/**
 * Lets the heap grow by about so much over what lived after the last full
 * collection before the next begins (V8's `--heap-growing-percent`, which is
 * read at every collection and which `NODE_OPTIONS` does not take).
 *
 * V8 counts the memory behind Buffers as heap, and grows a small one by as
 * little as 30 %: what lives here is about 40 MB, so that 12 MB of Buffers that
 * are garbage already, a few hundred messages, bring on a full collection. And
 * it goes by percent: with long prompts on their way more lives, and the same
 * percent of it is more than a process may take. What a process has taken it
 * hardly gives back, so it is asked for after each collection.
 * @param growth in MiB; the more, the less often, and the more memory
 */
export function letHeapGrow(growth: number): void {
  const adjust = () => {
    const { used_heap_size, external_memory } = getHeapStatistics()
    const lives = (used_heap_size + external_memory) / MEBIBYTE
    const isMuch = memoryUsage.rss() / MEBIBYTE > MUCH_RESIDENT_MIB
    const wanted = isMuch ? SMALL_GROWTH_MIB : growth
    const percent = Math.max(LEAST_PERCENT, Math.round((100 * wanted) / lives))
    setFlagsFromString(`--heap-growing-percent=${percent}`)
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
