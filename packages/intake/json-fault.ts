/** Where JSON text goes wrong, and how; V8 tells the place of some faults only. */
export interface JsonFault {
  /** From 1. */
  line: number
  /** From 1, in UTF-16 code units. */
  column: number
  /** What stands there, or what should. */
  problem: string
}

type Expected = 'value' | 'element' | 'key' | 'next-key' | 'colon' | 'separator' | 'end'

const inWords: Record<Expected, string> = {
  value: 'a value',
  element: 'a value or "]"',
  key: 'a key in double quotes or "}"',
  'next-key': 'a key in double quotes',
  colon: '":"',
  separator: '"," or the closing bracket',
  end: 'nothing more',
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const UNICODE_ESCAPE = /[0-9a-fA-F]{4}/y
const LITERALS = ['true', 'false', 'null']

/** The first fault of `text` by RFC 8259; undefined when it is valid. Takes any length and depth. */
export function findJsonFault(text: string): JsonFault | undefined {
  const found = new Scanner(text).scan()
  if (!found) return undefined
  const before = text.slice(0, found.at)
  const line = before.split('\n').length
  return { line, column: found.at - (before.lastIndexOf('\n') + 1) + 1, problem: found.problem }
}

class Scanner {
  readonly #text: string
  readonly #open: Array<'{' | '['> = []
  #at = 0
  #expected: Expected = 'value'

  constructor(text: string) {
    this.#text = text
  }

  scan(): { at: number; problem: string } | undefined {
    for (;;) {
      this.#skipSpace()
      const character = this.#text[this.#at]
      if (character === undefined) {
        if (this.#expected === 'end') return undefined
        return this.#fault(`the text ends where ${inWords[this.#expected]} must follow`)
      }
      const fault = this.#step(character)
      if (fault) return fault
    }
  }

  #step(character: string): { at: number; problem: string } | undefined {
    switch (this.#expected) {
      case 'value':
        return this.#value(character)
      case 'element':
        return character === ']' ? this.#close() : this.#value(character)
      case 'key':
      case 'next-key':
        if (character === '}' && this.#expected === 'key') return this.#close()
        if (character !== '"') return this.#unexpected()
        this.#expected = 'colon'
        return this.#string()
      case 'colon':
        if (character !== ':') return this.#unexpected()
        this.#expected = 'value'
        this.#at += 1
        return undefined
      case 'separator':
        return this.#separator(character)
      case 'end':
        return this.#unexpected()
    }
  }

  #value(character: string): { at: number; problem: string } | undefined {
    if (character === '{' || character === '[') {
      this.#open.push(character)
      this.#expected = character === '{' ? 'key' : 'element'
      this.#at += 1
      return undefined
    }
    const expected = this.#expected
    this.#expected = this.#open.length > 0 ? 'separator' : 'end'
    if (character === '"') return this.#string()
    const literal = LITERALS.find(word => this.#text.startsWith(word, this.#at))
    const length = literal?.length ?? this.#match(NUMBER)
    if (length === 0) {
      this.#expected = expected
      return this.#unexpected()
    }
    this.#at += length
    return undefined
  }

  #separator(character: string): { at: number; problem: string } | undefined {
    const bracket = this.#open.at(-1)
    if (character === (bracket === '{' ? '}' : ']')) return this.#close()
    if (character !== ',') return this.#unexpected()
    this.#expected = bracket === '{' ? 'next-key' : 'value'
    this.#at += 1
    return undefined
  }

  #close(): undefined {
    this.#open.pop()
    this.#expected = this.#open.length > 0 ? 'separator' : 'end'
    this.#at += 1
  }

  #string(): { at: number; problem: string } | undefined {
    this.#at += 1
    for (;;) {
      const code = this.#text.charCodeAt(this.#at)
      if (Number.isNaN(code)) return this.#fault('the text ends within a string')
      if (code < 0x20) return this.#fault('a control character within a string: escape it')
      this.#at += 1
      if (code === 0x22) return undefined
      if (code !== 0x5c) continue
      const fault = this.#escape()
      if (fault) return fault
    }
  }

  #escape(): { at: number; problem: string } | undefined {
    const character = this.#text[this.#at]
    if (character === undefined) return this.#fault('the text ends within a string')
    if (!'"\\/bfnrtu'.includes(character)) return this.#fault('no such escape in JSON')
    this.#at += 1
    if (character !== 'u') return undefined
    const length = this.#match(UNICODE_ESCAPE)
    if (length === 0) return this.#fault('"\\u" must be followed by four hexadecimal digits')
    this.#at += length
    return undefined
  }

  #match(pattern: RegExp): number {
    pattern.lastIndex = this.#at
    return pattern.exec(this.#text)?.[0].length ?? 0
  }

  #skipSpace(): void {
    while (' \t\n\r'.includes(this.#text[this.#at] ?? '-')) this.#at += 1
  }

  #unexpected(): { at: number; problem: string } {
    const shown = legible(this.#text.codePointAt(this.#at) ?? 0)
    return this.#fault(`${shown} where ${inWords[this.#expected]} must follow`)
  }

  #fault(problem: string): { at: number; problem: string } {
    return { at: this.#at, problem }
  }
}

/** `"x"`, or the code point of what leaves no mark. */
function legible(codePoint: number): string {
  const character = String.fromCodePoint(codePoint)
  if (!/[\p{C}\p{Z}]/u.test(character)) return JSON.stringify(character)
  return `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`
}
