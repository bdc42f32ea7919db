import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from '@jest/globals'
import { MOST_LETTER_BUCKETS, MOST_WORDS } from '../features/scan.ts'
import { Kernel, roomFor } from './kernel.ts'

it('the kernel is what its source compiles to', () => {
  const folder = mkdtempSync(join(tmpdir(), 'longhaul-kernel-'))
  try {
    const file = join(folder, 'kernel.wasm')
    execFileSync('npm', ['run', '--silent', 'build:kernel', '--', '--outFile', file])
    const shipped = readFileSync(new URL('kernel.wasm', import.meta.url))
    expect(readFileSync(file).equals(shipped)).toBe(true)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

it('the areas are made for as much as a scan can find', () => {
  const { MOST_RUNS, MOST_WORDS: words } = new Kernel(0).run
  expect([words.value, MOST_RUNS.value]).toEqual([MOST_WORDS, MOST_LETTER_BUCKETS])
})

it('a kernel holds what was reserved, each from a line of the cache on, and no more', () => {
  const kernel = new Kernel(roomFor(100) + roomFor(1_000_000))
  const first = kernel.place(Int32Array, 25)
  const second = kernel.place(Int32Array, 250_000)
  expect([first.byteOffset % 64, second.byteOffset % 64]).toEqual([0, 0])
  expect(second.byteOffset).toBeGreaterThanOrEqual(first.byteOffset + first.byteLength)
  expect(() => kernel.place(Int32Array, 250_000)).toThrow(RangeError)
})
