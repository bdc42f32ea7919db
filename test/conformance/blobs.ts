import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { BlobMissingError, type Blobs, type ByteRange } from '@longhaul/blobs'
import { newId } from '@longhaul/contracts'
import { eventually } from './eventually.ts'

export interface BlobSurroundings {
  blobs: Blobs
  /** Whether anything is kept under the key, an upload that broke off included. */
  holds(key: string): Promise<boolean>
  close(): Promise<void>
}

const MIB = 1024 * 1024

async function* pieces(content: Buffer, pieceBytes: number): AsyncGenerator<Buffer> {
  for (let start = 0; start < content.length; start += pieceBytes) {
    yield content.subarray(start, start + pieceBytes)
  }
}

async function* breakingOff(content: Buffer): AsyncGenerator<Buffer> {
  yield* pieces(content, 100_000)
  throw new RangeError('the sender went away')
}

/** What every driver of the content of files must do, on its real server. */
export function exerciseBlobs(driver: string, open: () => Promise<BlobSurroundings>): void {
  describe(`${driver} keeps the Blobs contract`, () => {
    let surroundings: BlobSurroundings
    let blobs: Blobs
    beforeAll(async () => {
      surroundings = await open()
      blobs = surroundings.blobs
    })
    afterAll(() => surroundings.close())

    const write = async (content: Buffer, pieceBytes = 100_000) => {
      const key = newId('file')
      expect(await blobs.write(key, pieces(content, pieceBytes))).toEqual({ bytes: content.length })
      return key
    }

    const read = async (key: string, range?: ByteRange) => {
      const read: Buffer[] = []
      for await (const piece of blobs.read(key, range)) read.push(piece)
      return Buffer.concat(read)
    }

    it.each([0, 1, 512 * 1024, 512 * 1024 + 1, 3 * MIB, 8 * MIB, 17 * MIB + 3])(
      'gives back %i bytes as they came',
      async bytes => {
        const content = randomBytes(bytes)
        expect((await read(await write(content))).equals(content)).toBe(true)
      },
    )

    it('takes pieces of any size', async () => {
      const content = randomBytes(1_000)
      expect((await read(await write(content, 1))).equals(content)).toBe(true)
      const large = randomBytes(20 * MIB)
      expect((await read(await write(large, large.length))).equals(large)).toBe(true)
    })

    it('gives a part, both ends included', async () => {
      const content = randomBytes(2 * MIB)
      const key = await write(content)
      const ends: Array<[number, number]> = [
        [0, 0],
        [5, 9],
        [MIB - 3, MIB + 3],
        [512 * 1024, 1024 * 1024 - 1],
        [content.length - 1, content.length - 1],
      ]
      for (const [start, end] of ends) {
        const part = content.subarray(start, end + 1)
        expect((await read(key, { start, end })).equals(part)).toBe(true)
      }
    })

    it('ends early where the content does', async () => {
      const content = Buffer.from('abcdef')
      const key = await write(content)
      const end = Number.POSITIVE_INFINITY
      expect(String(await read(key, { start: 4, end }))).toBe('ef')
      expect(String(await read(key, { start: 4, end: 100 }))).toBe('ef')
      expect(await read(key, { start: 6, end })).toHaveLength(0)
      expect(await read(key, { start: 5 * MIB, end: 6 * MIB })).toHaveLength(0)
      expect(await read(await write(Buffer.alloc(0)), { start: 0, end })).toHaveLength(0)
    })

    it('can be left in the middle of reading', async () => {
      const key = await write(randomBytes(20 * MIB))
      for await (const piece of blobs.read(key)) {
        expect(piece.length).toBeGreaterThan(0)
        break
      }
      await eventually(
        () => blobs.health(),
        ({ ok }) => ok,
      )
    })

    it('says what is missing', async () => {
      const key = newId('file')
      await expect(read(key)).rejects.toBeInstanceOf(BlobMissingError)
      await expect(read(key, { start: 0, end: 9 })).rejects.toBeInstanceOf(BlobMissingError)
    })

    it('removes what is there, and minds nothing that is not', async () => {
      const key = await write(randomBytes(3 * MIB))
      const other = await write(Buffer.from('other'))
      await blobs.remove(key)
      expect(await surroundings.holds(key)).toBe(false)
      await expect(read(key)).rejects.toBeInstanceOf(BlobMissingError)
      await blobs.remove(key)
      expect(String(await read(other))).toBe('other')
    })

    it.each([0, 1, 20])(
      'rejects as its source does after %i MiB, and removes what that left',
      async mebibytes => {
        const key = newId('file')
        const broken = blobs.write(key, breakingOff(randomBytes(mebibytes * MIB)))
        await expect(broken).rejects.toThrow(new RangeError('the sender went away'))
        await blobs.remove(key)
        expect(await surroundings.holds(key)).toBe(false)
      },
    )

    it('is well, and stops twice', async () => {
      expect(await blobs.health()).toMatchObject({ ok: true })
      const another = await open()
      await another.blobs.stop()
      await another.blobs.stop()
      await another.close()
    })
  })
}
