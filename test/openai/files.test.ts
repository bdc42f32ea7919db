import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type OpenAI from 'openai'
import { toFile } from 'openai'
import { type OpenAiServer, openOpenAiServer } from './server.ts'

let server: OpenAiServer
let client: OpenAI
const folder = mkdtempSync(join(tmpdir(), 'longhaul-files-'))

beforeAll(async () => {
  server = await openOpenAiServer()
  client = server.client
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

function upload(text: string, options: object = {}) {
  return toFile(Buffer.from(text), 'text.jsonl').then(file =>
    client.files.create({ file, purpose: 'user_data', ...options }),
  )
}

async function leftovers(): Promise<{ files: number; chunks: number }> {
  const [row] = await server.query<{ files: number; chunks: number }>(
    `SELECT (SELECT count(*) FROM files)::integer AS files,
       (SELECT count(*) FROM blob_chunks)::integer AS chunks`,
  )
  return row ?? { files: 0, chunks: 0 }
}

describe('an upload whose storage fails half-way', () => {
  it('is answered, however much of it was still to come, and leaves nothing', async () => {
    const before = await leftovers()
    await server.query('ALTER TABLE blob_chunks ADD CONSTRAINT first_only CHECK (number < 1)')
    const path = join(folder, 'half.bin')
    writeFileSync(path, Buffer.alloc(20_000_000, 'a'))
    // More than all slots of a tenant: each is free again.
    for (let time = 0; time < 20; time++) {
      const file = createReadStream(path)
      const answer = client.files.create({ file, purpose: 'user_data' }, { maxRetries: 0 })
      await expect(answer).rejects.toMatchObject({ status: 500 })
    }
    await server.query('ALTER TABLE blob_chunks DROP CONSTRAINT first_only')
    expect(await leftovers()).toEqual(before)
    expect(await upload('goes well again')).toMatchObject({ bytes: 15 })
  })
})

describe("a file of OpenAI's client", () => {
  it('comes as a stream of unknown length, and is served as it came', async () => {
    const path = join(folder, 'large.jsonl')
    const content = Buffer.alloc(3_000_000, 'a line of text\n')
    writeFileSync(path, content)
    const file = await client.files.create({ file: createReadStream(path), purpose: 'batch' })
    expect(file).toMatchObject({
      id: expect.stringMatching(/^file-/),
      object: 'file',
      bytes: content.length,
      filename: 'large.jsonl',
      purpose: 'batch',
      status: 'processed',
    })
    expect(await client.files.retrieve(file.id)).toEqual(file)
    const answer = await client.files.content(file.id)
    expect(answer.headers.get('content-length')).toBe(String(content.length))
    expect(Buffer.from(await answer.arrayBuffer()).equals(content)).toBe(true)
  })

  it.each([
    ['bytes=2-5', 206, 'cdef', 'bytes 2-5/26'],
    ['bytes=23-', 206, 'xyz', 'bytes 23-25/26'],
    ['bytes=-2', 206, 'yz', 'bytes 24-25/26'],
    ['lines=1-2', 200, 'abcdefghijklmnopqrstuvwxyz', null],
  ])('is served in part: %s', async (range, status, text, contentRange) => {
    const { id } = await upload('abcdefghijklmnopqrstuvwxyz')
    const answer = await client.files.content(id, { headers: { range } })
    expect([answer.status, await answer.text()]).toEqual([status, text])
    expect(answer.headers.get('content-range')).toBe(contentRange)
  })

  it('is served in part across the pieces that it is kept in', async () => {
    const content = Buffer.from(Array.from({ length: 300_000 }, (_, i) => `${i}\n`).join(''))
    const { id } = await upload(content.toString())
    const [start, end] = [500_000, 1_200_000]
    const headers = { range: `bytes=${start}-${end}` }
    const part = Buffer.from(await (await client.files.content(id, { headers })).arrayBuffer())
    expect(part.equals(content.subarray(start, end + 1))).toBe(true)
  })

  it('cannot be read behind its end', async () => {
    const { id } = await upload('short')
    const read = client.files.content(id, { headers: { range: 'bytes=5-' } })
    const refused = await read.catch(error => error)
    expect(refused).toMatchObject({ status: 416, code: 'range_not_satisfiable' })
    expect(refused.headers.get('content-range')).toBe('bytes */5')
  })

  it('may be empty', async () => {
    const { id, bytes } = await upload('')
    expect(bytes).toBe(0)
    expect(await (await client.files.content(id)).text()).toBe('')
  })

  it('is deleted, content and all', async () => {
    const before = await leftovers()
    const { id } = await upload('to be deleted')
    expect(await client.files.delete(id)).toEqual({ id, object: 'file', deleted: true })
    expect(await leftovers()).toEqual(before)
    await expect(client.files.retrieve(id)).rejects.toMatchObject({ status: 404 })
    await expect(client.files.delete(id)).rejects.toMatchObject({ code: 'file_not_found' })
  })

  it('expires when it was told to', async () => {
    const file = await upload('fleeting', {
      expires_after: { anchor: 'created_at', seconds: 3_600 },
    })
    expect(file.expires_at).toBe(file.created_at + 3_600)
    await server.query(`UPDATE files SET expires_at = now() - interval '1 s' WHERE id = $1`, [
      file.id.slice('file-'.length),
    ])
    await expect(client.files.content(file.id)).rejects.toMatchObject({ status: 404 })
    expect(await server.system.store.files.sweep(86_400_000)).toEqual([file.id])
  })

  it('is listed by page, purpose and order, and belongs to its tenant', async () => {
    const other = await server.clientOf('lister')
    const made: string[] = []
    for (let index = 0; index < 5; index += 1) {
      const file = await toFile(Buffer.from('x'), `${index}.txt`)
      made.push((await other.files.create({ file, purpose: index ? 'user_data' : 'vision' })).id)
    }
    const listed: string[] = []
    for await (const file of other.files.list({ limit: 2, order: 'asc' })) listed.push(file.id)
    expect(listed).toEqual(made)
    const visions = await other.files.list({ purpose: 'vision' })
    expect(visions.data.map(({ id }) => id)).toEqual([made[0]])
    await expect(client.files.retrieve(made[0] ?? '')).rejects.toMatchObject({ status: 404 })
  })

  it.each([
    [{ purpose: 'nonsense' }, 400, 'invalid_value', 'purpose'],
    [{ purpose: undefined }, 400, 'missing_field', 'purpose'],
    [
      { expires_after: { anchor: 'created_at', seconds: 5 } },
      400,
      'invalid_value',
      'expires_after.seconds',
    ],
    [{ other: 'field' }, 400, 'unknown_field', 'other'],
  ])('is refused with %j, and leaves nothing', async (options, status, code, param) => {
    const before = await leftovers()
    await expect(upload('refused', options)).rejects.toMatchObject({ status, code, param })
    expect(await leftovers()).toEqual(before)
  })

  it('is refused when its name is too long, and leaves nothing', async () => {
    const before = await leftovers()
    const named = (length: number) => toFile(Buffer.from('x'), 'n'.repeat(length))
    const refused = client.files.create({ file: await named(256), purpose: 'user_data' })
    await expect(refused).rejects.toMatchObject({
      status: 400,
      param: 'file',
      message: expect.stringContaining('has 256 characters: shorten it to 255'),
    })
    expect(await leftovers()).toEqual(before)
    const taken = await client.files.create({ file: await named(255), purpose: 'user_data' })
    expect(taken.filename).toHaveLength(255)
  })

  it('says what to add when the time to its end is missing', async () => {
    const options = { expires_after: { anchor: 'created_at' } }
    await expect(upload('refused', options)).rejects.toMatchObject({
      code: 'missing_field',
      param: 'expires_after.seconds',
      message: expect.stringContaining('is missing: it must be a whole number of seconds'),
    })
  })

  it('leaves nothing when its sender goes away in the middle', async () => {
    const before = await leftovers()
    const headers = {
      authorization: `Bearer ${server.key}`,
      'content-type': 'multipart/form-data; boundary=cut',
    }
    const sending = request(`${server.url}/v1/files`, { method: 'POST', headers })
    sending.on('error', () => {})
    sending.write('--cut\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n')
    sending.write(Buffer.alloc(2_000_000, 'x'))
    const deadline = performance.now() + 60_000
    const until = async (wanted: (now: { files: number; chunks: number }) => boolean) => {
      while (!wanted(await leftovers())) {
        if (performance.now() > deadline) throw new Error(JSON.stringify(await leftovers()))
      }
    }
    await until(({ chunks }) => chunks > before.chunks)
    sending.destroy()
    await until(({ files, chunks }) => files === before.files && chunks === before.chunks)
  })

  it('is refused in another type than a form', async () => {
    const answer = await fetch(`${server.url}/v1/files`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.key}`, 'content-type': 'application/json' },
      body: '{}',
    })
    expect([answer.status, answer.headers.get('x-request-id')]).toEqual([
      415,
      expect.stringMatching(/^req_/),
    ])
    expect(await answer.json()).toEqual({
      error: {
        message: expect.stringContaining('multipart/form-data'),
        type: 'invalid_request_error',
        param: 'Content-Type',
        code: 'unsupported_media_type',
      },
    })
  })
})
