import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from '@jest/globals'
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
}, 60_000)

it('a kernel holds what was reserved, each from a line of the cache on, and no more', () => {
  const kernel = new Kernel(roomFor(100) + roomFor(1_000_000))
  const first = kernel.place(Int32Array, 25)
  const second = kernel.place(Int32Array, 250_000)
  expect([first.byteOffset % 64, second.byteOffset % 64]).toEqual([0, 0])
  expect(second.byteOffset).toBeGreaterThanOrEqual(first.byteOffset + first.byteLength)
  expect(() => kernel.place(Int32Array, 250_000)).toThrow(RangeError)
})
