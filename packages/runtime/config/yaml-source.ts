import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml'

export interface Position {
  line: number
  column: number
}

/** What stands at a path of the file: its key, its value, both where there are any. */
export interface Place {
  key: Node | undefined
  value: Node | undefined
}

export type SyntaxFault = Pick<YAMLError, 'code' | 'message' | 'pos'>

/** A parsed file that knows where everything stands. Aliases and merge keys are followed. */
export class YamlSource {
  readonly document: Document
  /** Of the parser, and aliases to nothing; duplicate keys leave a document that is whole otherwise. */
  readonly errors: readonly SyntaxFault[]
  readonly #lines = new LineCounter()

  constructor(text: string) {
    this.document = parseDocument(text, {
      lineCounter: this.#lines,
      merge: true,
      prettyErrors: false,
      uniqueKeys: true,
    })
    this.errors = [
      ...this.document.errors,
      ...this.document.warnings,
      ...danglingAliases(this.document),
    ]
  }

  positionAt(offset: number): Position {
    const { line, col } = this.#lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }

  /** Undefined when nothing stands there. */
  placeOf(path: readonly PropertyKey[]): Place | undefined {
    let place: Place = { key: undefined, value: nodeOf(this.document.contents) }
    for (const segment of path) {
      const next = this.#step(place.value, segment)
      if (!next) return undefined
      place = next
    }
    return place
  }

  /** Of the value; of its key when there is no value; of the nearest parent's key when there is neither. */
  positionOf(path: readonly PropertyKey[]): Position {
    const place = this.placeOf(path)
    if (!place) return this.keyPositionOf(path.slice(0, -1))
    const { value } = place
    if (value?.range && value.range[1] > value.range[0]) return this.positionAt(value.range[0])
    return this.keyPositionOf(path)
  }

  /** Of the key; of the nearest parent's where there is none. */
  keyPositionOf(path: readonly PropertyKey[]): Position {
    for (let length = path.length; length > 0; length -= 1) {
      const place = this.placeOf(path.slice(0, length))
      const node = place?.key ?? place?.value
      if (node?.range) return this.positionAt(node.range[0])
    }
    return { line: 1, column: 1 }
  }

  #step(node: Node | undefined, segment: PropertyKey): Place | undefined {
    const resolved = isAlias(node) ? node.resolve(this.document) : node
    if (isSeq(resolved)) {
      const value = nodeOf(resolved.items[Number(segment)])
      return value && { key: undefined, value }
    }
    if (!isMap(resolved)) return undefined
    // The last of a duplicate is the one that counts.
    const pair = resolved.items.findLast(item => nameOf(item) === String(segment))
    if (pair) return { key: nodeOf(pair.key), value: nodeOf(pair.value) }
    for (const item of resolved.items) {
      const merged = nameOf(item) === '<<' && this.#stepMerged(nodeOf(item.value), segment)
      if (merged) return merged
    }
    return undefined
  }

  #stepMerged(node: Node | undefined, segment: PropertyKey): Place | undefined {
    const resolved = isAlias(node) ? node.resolve(this.document) : node
    if (!isSeq(resolved)) return this.#step(resolved, segment)
    for (const item of resolved.items) {
      const place = this.#step(nodeOf(item), segment)
      if (place) return place
    }
    return undefined
  }
}

function nameOf(pair: Pair): string | undefined {
  return isPair(pair) && isScalar(pair.key) ? String(pair.key.value) : undefined
}

function nodeOf(value: unknown): Node | undefined {
  return isNode(value) ? value : undefined
}

function danglingAliases(document: Document): SyntaxFault[] {
  const dangling: SyntaxFault[] = []
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document)) return
      const [start = 0, end = start] = alias.range ?? []
      const message = `Unresolved alias ${alias.source}`
      dangling.push({ code: 'BAD_ALIAS', message, pos: [start, end] })
    },
  })
  return dangling
}
