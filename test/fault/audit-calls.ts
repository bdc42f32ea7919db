/**
 * A prompt may be sent once, and once more for each kill that it was in flight at.
 * @param byMarker calls
 * @param inFlight at each kill of a worker, the markers of the jobs that were claimed
 */
export function auditCalls(
  byMarker: Readonly<Record<string, number>>,
  inFlight: ReadonlyArray<readonly string[]>,
): string[] {
  const allowed = new Map<string, number>()
  for (const marker of inFlight.flat()) allowed.set(marker, (allowed.get(marker) ?? 1) + 1)
  return Object.entries(byMarker)
    .filter(([marker, calls]) => calls > (allowed.get(marker) ?? 1))
    .map(([marker, calls]) => `${marker} was sent ${calls} times, not in flight that often`)
}
