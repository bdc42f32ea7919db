/**
 * Messages are numbered within a partition by *places*: the offset of their
 * record and, in a pack of several, which of them it is. A record has so many
 * places; offsets up to 2^46 can be told apart.
 */
const PLACES_OF_RECORD = 128

export function placeAt(offset: number): number {
  return offset * PLACES_OF_RECORD
}

/** The offset of the record in which the place is. */
export function offsetOf(place: number): number {
  return Math.floor(place / PLACES_OF_RECORD)
}
