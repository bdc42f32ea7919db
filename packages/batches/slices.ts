/** Lines of one statement, at most. */
const MOST_LINES = 500

/**
 * How many lines the next statement asks for, after one of so many lines and
 * characters: as many as fit into `sliceBytes` if they are as long, which is
 * not known; so never more than twice as many as were asked for.
 */
export function nextLimit(
  { lines, characters }: { lines: number; characters: number },
  limit: number,
  sliceBytes: number,
): number {
  const fitting = Math.floor((sliceBytes * lines) / Math.max(1, characters))
  return Math.max(1, Math.min(MOST_LINES, 2 * limit, fitting))
}
