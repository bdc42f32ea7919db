import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, describe, expect, it } from '@jest/globals'
import { DataFolder, DataFolderInUseError } from './data-folder.ts'

const MODULE = new URL('./data-folder.ts', import.meta.url).href

/** Takes the folder when told to, says how that went, and keeps it until it is killed. */
const STARTER = `
  import { once } from 'node:events'
  import { DataFolder } from '${MODULE}'
  console.log('ready')
  await once(process.stdin, 'data')
  try {
    new DataFolder(process.argv[1])
    console.log('has it')
  } catch (error) {
    console.log(error.code)
  }
  process.stdin.resume()
`

interface Starter {
  child: ChildProcess
  /** Resolves with its next line. */
  says(): Promise<string>
  go(): void
}

const cleanups: Array<() => void> = []
afterEach(() => {
  for (const clean of cleanups.splice(0).reverse()) clean()
})

function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'longhaul-folder-'))
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function starter(folder: string): Promise<Starter> {
  const args = ['--input-type=module', '-e', STARTER, folder]
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  cleanups.push(() => child.kill('SIGKILL'))
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const says = async () => String((await lines.next()).value)
  expect(await says()).toBe('ready')
  return { child, says, go: () => child.stdin.write('go\n') }
}

async function killed({ child }: Starter): Promise<number> {
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
  return child.pid ?? 0
}

describe('a data folder', () => {
  it('is made where there is none, with its parents', () => {
    const path = join(freshFolder(), 'of', 'my', 'own')
    expect(new DataFolder(path).path).toBe(path)
  })

  it('is refused to a second start while the first runs, with its pid and the remedy', async () => {
    const path = freshFolder()
    const first = await starter(path)
    first.go()
    expect(await first.says()).toBe('has it')

    const second = () => new DataFolder(path)
    expect(second).toThrow(DataFolderInUseError)
    expect(second).toThrow(
      `${path} is in use by process ${first.child.pid}: a Longhaul runs there already. ` +
        'Stop it, or give this one a folder of its own with LONGHAUL_DATA_DIR.',
    )
  })

  it('is taken over from a process that was killed', async () => {
    const path = freshFolder()
    const first = await starter(path)
    first.go()
    expect(await first.says()).toBe('has it')
    await killed(first)

    expect(() => new DataFolder(path)).not.toThrow()
    expect(() => new DataFolder(path)).toThrow(`process ${process.pid}`)
  })

  it('is taken over when the pid of the dead process belongs to another by now', () => {
    const path = freshFolder()
    const holder = { pid: process.ppid, startedAt: '1' }
    writeFileSync(join(path, 'lock.7'), JSON.stringify(holder))
    expect(() => new DataFolder(path)).not.toThrow()
  })

  it('is taken over when a power failure cut the lock off', () => {
    const path = freshFolder()
    writeFileSync(join(path, 'lock.7'), '{"pid":')
    expect(() => new DataFolder(path)).not.toThrow()
  })

  it('is free after an orderly release, which may come twice', () => {
    const path = freshFolder()
    const first = new DataFolder(path)
    first.release()
    first.release()
    const second = new DataFolder(path)
    first.release()
    expect(() => new DataFolder(path)).toThrow(DataFolderInUseError)
    second.release()
  })

  it('leaves one lock file, however often it is taken', () => {
    const path = freshFolder()
    for (let life = 0; life < 5; life += 1) new DataFolder(path).release()
    expect(readdirSync(path).sort()).toEqual(['lock.5', 'owner'])
  })

  it('gives each life a name of its own, and tells it the one before', () => {
    const path = freshFolder()
    const first = new DataFolder(path)
    first.release()
    const second = new DataFolder(path)
    expect(first.previousOwner).toBeUndefined()
    expect(second.previousOwner).toBe(first.owner)
    expect(second.owner).not.toBe(first.owner)
  })
})

describe('of starts at the same moment', () => {
  const STARTERS = 6
  const ROUNDS = 3

  /** Every round: all go at once, one gets the folder, and is killed at the end. */
  it('exactly one gets the folder, fresh or left by a dead process', async () => {
    const path = join(freshFolder(), 'data')
    mkdirSync(path)
    for (let round = 0; round < ROUNDS; round += 1) {
      const starters = await Promise.all(Array.from({ length: STARTERS }, () => starter(path)))
      for (const { go } of starters) go()
      const said = await Promise.all(starters.map(({ says }) => says()))
      expect(said.filter(line => line === 'has it')).toHaveLength(1)
      expect(said.filter(line => line === 'data_folder_in_use')).toHaveLength(STARTERS - 1)
      await Promise.all(starters.map(killed))
    }
  })
})
