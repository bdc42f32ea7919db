import type { RouteNearness } from '@longhaul/contracts'

/** How near a prompt is to the routes of a policy, or why that is not known. */
export type Nearness =
  | {
      known: true
      /** Every route once, nearest first. */
      routes: readonly RouteNearness[]
    }
  | {
      known: false
      /** A clause: `no embedding within 300 ms`. */
      why: string
    }

/** The utterances of a route as unit vectors. */
export interface EmbeddedRoute {
  route: string
  utterances: readonly Float64Array[]
}

/** Of every route the cosine to its nearest utterance; nearest first, in the order given among equals. */
export function nearnessOf(prompt: Float64Array, embedded: readonly EmbeddedRoute[]): Nearness {
  const vectors = embedded.flatMap(({ utterances }) => utterances)
  if (vectors.some(({ length }) => length !== prompt.length)) {
    return { known: false, why: 'embeddings of different dimensions cannot be compared' }
  }
  const routes = embedded.map(({ route, utterances }) => {
    let similarity = -1
    for (const utterance of utterances) similarity = Math.max(similarity, dot(prompt, utterance))
    return { route, similarity: thousandths(similarity) }
  })
  return { known: true, routes: routes.sort((a, b) => b.similarity - a.similarity) }
}

/** A vector of length 1, so that products are cosines; undefined for one that has no direction. */
export function unitVector(values: readonly number[]): Float64Array | undefined {
  const vector = Float64Array.from(values)
  const length = Math.sqrt(dot(vector, vector))
  if (!(length > 0 && Number.isFinite(length))) return undefined
  return vector.map(value => value / length)
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let axis = 0; axis < a.length; axis++) sum += (a[axis] as number) * (b[axis] as number)
  return sum
}

function thousandths(value: number): number {
  return Math.round(value * 1_000) / 1_000 + 0
}
