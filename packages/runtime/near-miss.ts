/** No name that is meant is longer. */
const LONGEST_WORD = 256

/**
 * The known word that was probably meant: another spelling, its beginning, or a typing slip.
 * @param mostSteps letters that a slip may change at most, beside a third of the word's
 */
export function nearMiss(
  word: string,
  known: readonly string[],
  mostSteps = Number.POSITIVE_INFINITY,
): string | undefined {
  if (word.length > LONGEST_WORD) return undefined
  const plain = withoutSeparators(word)
  const respelt = known.find(candidate => withoutSeparators(candidate) === plain)
  if (respelt !== undefined) return respelt
  const longer = known.filter(candidate => word.length >= 3 && candidate.startsWith(word))
  if (longer.length === 1) return longer[0]
  const allowed = Math.min(mostSteps, Math.max(1, Math.floor(word.length / 3)))
  let nearest: { candidate: string; distance: number } | undefined
  for (const candidate of known) {
    // Each letter too many is a step; and the word may be megabytes of a stranger's.
    if (word.length - candidate.length > allowed) continue
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance > allowed || distance >= candidate.length) continue
    if (!nearest || distance < nearest.distance) nearest = { candidate, distance }
  }
  return nearest?.candidate
}

function withoutSeparators(word: string): string {
  return word.toLowerCase().replaceAll(/[-_ ]/g, '')
}

/** Letters to insert, delete, replace or swap with their neighbour (optimal string alignment). */
function editDistance(left: string, right: string): number {
  let before: number[] = []
  let above = Array.from({ length: right.length + 1 }, (_, column) => column)
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= right.length; column += 1) {
      const same = left[row - 1] === right[column - 1]
      const swapped =
        row > 1 &&
        column > 1 &&
        left[row - 1] === right[column - 2] &&
        left[row - 2] === right[column - 1]
      current.push(
        Math.min(
          at(above, column) + 1,
          at(current, column - 1) + 1,
          at(above, column - 1) + (same ? 0 : 1),
          swapped ? at(before, column - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      )
    }
    before = above
    above = current
  }
  return at(above, right.length)
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY
}
