import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { discardFile } from '@longhaul/batches'
import type { Blobs } from '@longhaul/blobs'
import { type Clock, LonghaulError, uuidOf } from '@longhaul/contracts'
import type { FileRecord, Store, Tenant } from '@longhaul/store'
import type { Telemetry } from '@longhaul/telemetry'
import type { Request, Response } from 'express'
import { sendJson } from '../answer.ts'
import { rangeOf } from '../files/byte-range.ts'
import { fileView } from '../files/file-view.ts'
import { receiveFile } from '../files/upload.ts'
import { pageJson } from '../page.ts'
import { listFilesQuery, noQuery, readQuery } from '../query.ts'
import { shownId } from '../shown-id.ts'
import { Slots } from '../slots.ts'

export interface FileDependencies {
  store: Store
  blobs: Blobs
  clock: Clock
  telemetry: Telemetry
}

/** Each holds some pieces of its file. */
const MOST_UPLOADS = 16

/** `/v1/files`, as OpenAI's. */
export class FileRoutes {
  readonly #dependencies: FileDependencies
  readonly #uploads = new Slots(
    MOST_UPLOADS,
    'Too many files are being uploaded. Try again in a second.',
  )

  constructor(dependencies: FileDependencies) {
    this.#dependencies = dependencies
  }

  async uploadFile(request: Request, response: Response, tenant: Tenant): Promise<void> {
    readQuery(noQuery, request.url)
    const { store, blobs, clock } = this.#dependencies
    await this.#uploads.during(tenant.id, async () => {
      const file = await receiveFile({ store, blobs, now: () => clock.now() }, request, tenant.id)
      sendJson(response, 200, JSON.stringify(fileView(file)))
    })
  }

  async listFiles(request: Request, response: Response, tenant: Tenant): Promise<void> {
    const { after, limit, order, purpose } = readQuery(listFilesQuery, request.url)
    if (after !== undefined && uuidOf('file', after) === undefined) {
      throw new LonghaulError('invalid_cursor', '`after` must be the id of a file.', {
        param: 'after',
      })
    }
    const { files, hasMore } = await this.#dependencies.store.files.list({
      tenantId: tenant.id,
      limit,
      order,
      ...(after && { after }),
      ...(purpose && { purpose }),
    })
    sendJson(response, 200, pageJson(files.map(fileView), hasMore))
  }

  async getFile(request: Request, response: Response, tenant: Tenant): Promise<void> {
    readQuery(noQuery, request.url)
    const file = await this.#file(request, tenant)
    sendJson(response, 200, JSON.stringify(fileView(file)))
  }

  async getFileContent(request: Request, response: Response, tenant: Tenant): Promise<void> {
    readQuery(noQuery, request.url)
    const file = await this.#file(request, tenant)
    const range = askedRange(request, response, file.bytes)
    const { start, end } = range ?? { start: 0, end: file.bytes - 1 }
    response.writeHead(range ? 206 : 200, {
      'content-type': 'application/octet-stream',
      'content-length': end + 1 - start,
      'accept-ranges': 'bytes',
      'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(file.filename)}`,
      ...(range && { 'content-range': `bytes ${start}-${end}/${file.bytes}` }),
    })
    if (request.method === 'HEAD' || file.bytes === 0) return void response.end()
    await this.#send(file, { start, end }, response)
  }

  async deleteFile(request: Request, response: Response, tenant: Tenant): Promise<void> {
    readQuery(noQuery, request.url)
    const id = fileIdOf(request.params.id)
    const deleted = await this.#dependencies.store.files.delete(tenant.id, id)
    if (deleted === undefined) throw fileNotFound(id)
    if (deleted === 'in-use') {
      throw new LonghaulError(
        'file_in_use',
        'A batch that is being validated needs this file: wait until it is in progress, or cancel it.',
      )
    }
    await discardFile(this.#dependencies, id).catch(error => {
      const { logger } = this.#dependencies.telemetry
      logger.warn({ err: error, fileId: id }, 'the content of a deleted file is still there')
    })
    sendJson(response, 200, JSON.stringify({ id, object: 'file', deleted: true }))
  }

  async #file(request: Request, tenant: Tenant): Promise<FileRecord> {
    const id = fileIdOf(request.params.id)
    const file = await this.#dependencies.store.files.get(tenant.id, id)
    if (!file) throw fileNotFound(id)
    return file
  }

  /** A client that goes away is no fault; what breaks here cuts the answer, so that it is seen to be incomplete. */
  async #send(
    file: FileRecord,
    range: { start: number; end: number },
    response: Response,
  ): Promise<void> {
    const content = this.#dependencies.blobs.read(file.id, range)
    try {
      await pipeline(Readable.from(whole(content, range), { objectMode: false }), response)
    } catch (error) {
      if (!response.destroyed || response.errored) throw error
    }
  }
}

/** A range that the file does not have is refused with word of how long it is (RFC 9110, section 15.5.17). */
function askedRange({ headers }: Request, response: Response, bytes: number) {
  try {
    return rangeOf(headers.range, bytes)
  } catch (error) {
    response.setHeader('content-range', `bytes */${bytes}`)
    throw error
  }
}

/** @throws {Error} it ends early: the file was deleted meanwhile */
async function* whole(
  content: AsyncIterable<Buffer>,
  { start, end }: { start: number; end: number },
): AsyncGenerator<Buffer> {
  let left = end - start + 1
  for await (const piece of content) {
    left -= piece.length
    yield piece
  }
  if (left > 0) throw new Error(`the content ended ${left} bytes early`)
}

/**
 * What cannot be an id is an id that nobody has, as it is to OpenAI.
 * @throws {LonghaulError} file_not_found
 */
function fileIdOf(id: unknown): string {
  if (typeof id === 'string' && uuidOf('file', id) !== undefined) return id
  throw new LonghaulError(
    'file_not_found',
    `There is no file ${shownId(id)}: ids of files are "file-" and 32 hexadecimal digits.`,
    { param: 'id' },
  )
}

export function fileNotFound(id: string): LonghaulError {
  return new LonghaulError('file_not_found', `There is no file ${id}, or it has expired.`)
}
