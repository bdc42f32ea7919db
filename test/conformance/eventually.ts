const POLL_MS = 5
const PATIENCE_MS = 60_000

/**
 * The first value of `read` that is as `expected` says; for what a driver
 * promises soon but gives no signal of.
 * @param patienceMs default 60 s
 * @throws the last value seen, when that time did not bring it
 */
export async function eventually<T>(
  read: () => T | Promise<T>,
  expected: (value: T) => boolean,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  const endAt = performance.now() + patienceMs
  for (;;) {
    const value = await read()
    if (expected(value)) return value
    if (performance.now() > endAt) {
      throw new Error(`not within ${patienceMs} ms; the last value was ${JSON.stringify(value)}`)
    }
    await new Promise(resolve => setTimeout(resolve, POLL_MS))
  }
}
