import { setFlagsFromString } from 'node:v8'

/**
 * Lets the heap grow by so much over what lived after the last full collection
 * before the next begins (V8's `--heap-growing-percent`, which is read at every
 * collection and which `NODE_OPTIONS` does not take).
 *
 * V8 counts the memory behind Buffers as heap, and grows a small one by as
 * little as 30 %: what lives here is about 40 MB, so that 12 MB of Buffers that
 * are garbage already, a few hundred messages, bring on a full collection.
 * @param percent of what lives; the more, the less often, and the more memory
 */
export function letHeapGrow(percent: number): void {
  setFlagsFromString(`--heap-growing-percent=${percent}`)
}
