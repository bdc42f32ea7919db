import { readFileSync } from 'node:fs'

/** Addresses are in bytes from the beginning of the kernel's memory; so are strides. */
interface KernelExports {
  memory: { readonly buffer: ArrayBuffer; grow(pages: number): number }
  /** What its areas are made for. */
  MOST_WORDS: { value: number }
  MOST_RUNS: { value: number }
  freeFrom(): number
  lower(end: number): number
  tokenCosts(end: number, kinds: number, costs: number, before: number): number
  scan(end: number, wordsHash: number): void
  placesOf(hashes: number, count: number, slots: number, mask: number, into: number): void
  rowsOf(terms: number, count: number, slots: number, into: number): number
  pick(numbers: number, count: number, table: number, into: number): number
  placesFrom(least: number, places: number, count: number, into: number): number
  squares(rows: number, count: number, bytes: number): number
  sumColumns(
    rows: number,
    count: number,
    first: number,
    second: number,
    stride: number,
    into: number,
    apart: number,
  ): void
  countWords(
    count: number,
    stemWords: number,
    places: number,
    known: number,
    rareFrom: number,
    groups: number,
    mask: number,
  ): number
  askTrees(
    features: number,
    asked: number,
    thresholds: number,
    values: number,
    trees: number,
    depth: number,
    heads: number,
  ): void
  products(weights: number, count: number, values: number, length: number, into: number): void
}

/** What the loops read and write, beside tables. */
const areas = [
  ...(['KINDS', 'UNITS', 'HASHES', 'LENGTHS', 'MARKS', 'TERMS', 'RUNS', 'FIGURES'] as const),
  ...(['PLACES', 'ROWS', 'SUMS', 'COUNTS', 'FEATURES', 'ANSWERS'] as const),
]
export type Area = (typeof areas)[number]

type NumberArray<T> = new (buffer: ArrayBuffer, byteOffset: number, length: number) => T
type Numbers = Int8Array | Uint8Array | Uint16Array | Int32Array | Float32Array | Float64Array

const PAGE = 65_536
/** Tables begin on a line of the cache. */
const LINE = 64

/** As far as it is used here; the types of Node leave it out. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object) => { exports: KernelExports & Record<Area, { value: number }> }
}

let compiled: object | undefined

function compile(): object {
  compiled ??= new WebAssembly.Module(readFileSync(new URL('kernel.wasm', import.meta.url)))
  return compiled
}

/**
 * The loops of `kernel.as.ts`, and the memory that they work on: areas of one
 * scan at a time, and tables that are put there once. The memory never grows,
 * so what views it stays valid.
 */
export class Kernel {
  readonly run: KernelExports
  readonly #buffer: ArrayBuffer
  readonly #addresses: ReadonlyMap<Area, number>
  #free: number

  /** @param tableBytes of all that is going to be put there, each rounded up to 64 */
  constructor(tableBytes: number) {
    const { exports } = new WebAssembly.Instance(compile())
    this.run = exports
    this.#addresses = new Map(areas.map(name => [name, exports[name].value]))
    this.#free = lineAfter(this.run.freeFrom())
    const { memory } = this.run
    const lacking = this.#free + tableBytes - memory.buffer.byteLength
    if (lacking > 0) memory.grow(Math.ceil(lacking / PAGE))
    this.#buffer = memory.buffer
  }

  addressOf(area: Area): number {
    return this.#addresses.get(area) as number
  }

  /** Room for so many numbers, all 0. @throws {RangeError} more is put there than was reserved */
  place<T extends Numbers>(
    type: NumberArray<T> & { BYTES_PER_ELEMENT: number },
    length: number,
  ): T {
    const at = this.#free
    this.#free = lineAfter(at + length * type.BYTES_PER_ELEMENT)
    return this.view(type, at, length)
  }

  view<T extends Numbers>(type: NumberArray<T>, address: number, length: number): T {
    return new type(this.#buffer, address, length)
  }

  /** Where the first `count` of `numbers` are: those that lie elsewhere are copied into the area. */
  locate(numbers: Numbers, count: number, area: Area): number {
    if (this.has(numbers)) return numbers.byteOffset
    const address = this.addressOf(area)
    const bytes = count * numbers.BYTES_PER_ELEMENT
    const from = new Uint8Array(numbers.buffer, numbers.byteOffset, bytes)
    this.view(Uint8Array, address, bytes).set(from)
    return address
  }

  /** Whether an array views this memory: its offset is an address then. */
  has({ buffer }: Numbers): boolean {
    return buffer === this.#buffer
  }
}

/** What numbers of so many bytes take up of a kernel. */
export function roomFor(bytes: number): number {
  return bytes + LINE
}

function lineAfter(address: number): number {
  return LINE * Math.ceil(address / LINE)
}
