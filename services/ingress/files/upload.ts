import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { Busboy } from '@fastify/busboy'
import { discardFile, type FileWriterDependencies } from '@longhaul/batches'
import {
  expiresAfterSchema,
  filePurposes,
  LonghaulError,
  MAX_BATCH_BYTES,
  newId,
} from '@longhaul/contracts'
import { check } from '@longhaul/intake'
import type { FileRecord } from '@longhaul/store'
import { z } from 'zod'
import { drain } from '../body-intake.ts'

/** OpenAI's. */
const MAX_FILE_BYTES = 512 * 1024 * 1024
const MAX_FIELD_BYTES = 1_024
const MAX_PARTS = 20
const LONGEST_FILENAME = 255

/** The fields beside the file, once `expires_after[…]` is put together. */
export const uploadFieldsSchema = z.strictObject({
  purpose: z.enum(filePurposes).describe('What it is for; batches take `batch`'),
  expires_after: z
    .strictObject({
      anchor: expiresAfterSchema.shape.anchor,
      seconds: z
        .string('must be a whole number of seconds')
        .regex(/^\d{1,9}$/, 'must be a whole number of seconds')
        .transform(Number)
        .pipe(expiresAfterSchema.shape.seconds),
    })
    .optional()
    .describe('When it goes: `expires_after[anchor]` and `expires_after[seconds]`'),
})

/** One part of the form that is a file, as it is written. */
interface Written {
  id: string
  filename: string
  bytes: number
}

/**
 * Takes an upload as it comes: the file may stand before the fields that say
 * what it is, and nobody needs to know its length before its end. Its content
 * goes to the storage piece by piece; when the upload fails, nothing is left.
 * @throws {LonghaulError}
 */
export async function receiveFile(
  dependencies: FileWriterDependencies & { now: () => number },
  request: IncomingMessage,
  tenantId: string,
): Promise<FileRecord> {
  const upload = new Upload(dependencies, request, tenantId)
  try {
    const { written, fields } = await upload.received()
    const { purpose, expires_after } = check(uploadFieldsSchema, fields, FORM)
    if (purpose === 'batch' && written.bytes > MAX_BATCH_BYTES) throw tooLarge(MAX_BATCH_BYTES)
    const expiresAt = expires_after ? dependencies.now() + expires_after.seconds * 1_000 : null
    const { filename, bytes } = written
    const shown = { bytes, filename, purpose, expiresAt }
    const file = await dependencies.store.files.publish(written.id, shown)
    if (!file) throw new LonghaulError('invalid_value', 'The upload took longer than a day.')
    return file
  } catch (error) {
    await upload.discard()
    await drain(request)
    throw error
  }
}

const FORM = { path: '', whole: 'The form' }
const MULTIPART = /^multipart\/form-data\s*;.*boundary=/is

class Upload {
  readonly #dependencies: FileWriterDependencies
  readonly #request: IncomingMessage
  readonly #tenantId: string
  readonly #fields: Record<string, unknown> = {}
  #begun: string | undefined
  #writing: Promise<Written> | undefined
  #refusal: LonghaulError | undefined

  constructor(dependencies: FileWriterDependencies, request: IncomingMessage, tenantId: string) {
    this.#dependencies = dependencies
    this.#request = request
    this.#tenantId = tenantId
  }

  /** Resolves when the whole form is here and its file is written. */
  async received(): Promise<{ written: Written; fields: Record<string, unknown> }> {
    const parser = this.#parser()
    const gone = () => parser.destroy(new LonghaulError('invalid_value', 'The upload ended early.'))
    this.#request.once('close', () => this.#request.complete || gone())
    this.#request.pipe(parser)
    try {
      await once(parser, 'finish')
      const written = await this.#writing
      if (this.#refusal) throw this.#refusal
      if (!written) throw noFile()
      return { written, fields: this.#fields }
    } catch (error) {
      this.#request.unpipe(parser)
      parser.destroy()
      await this.#writing?.catch(() => {})
      throw this.#refusal ?? asRefusal(error)
    }
  }

  /** Leaves nothing behind, or what a sweep will find. */
  async discard(): Promise<void> {
    if (this.#begun === undefined) return
    await discardFile(this.#dependencies, this.#begun).catch(() => {})
  }

  #parser() {
    const type = this.#request.headers['content-type'] ?? ''
    if (!MULTIPART.test(type)) {
      throw new LonghaulError(
        'unsupported_media_type',
        '`Content-Type` must be multipart/form-data, with a boundary.',
        { param: 'Content-Type' },
      )
    }
    const parser = new Busboy({
      headers: { ...this.#request.headers, 'content-type': type },
      limits: { fileSize: MAX_FILE_BYTES, fieldSize: MAX_FIELD_BYTES, parts: MAX_PARTS },
    })
    parser.on('file', (field, content, filename) => {
      const name = nameOf(filename)
      const refusal = this.#refusalOf(field, name)
      if (refusal) {
        this.#refusal ??= refusal
        content.resume()
        return
      }
      // Whoever reads it is told; until then nobody listens, and an upload may break off before.
      content.on('error', () => {})
      const fail = (error: Error) => content.destroy(error)
      parser.once('error', fail).once('close', () => content.readableEnded || content.destroy())
      content.once('limit', () => {
        this.#refusal = tooLarge(MAX_FILE_BYTES)
        content.destroy(this.#refusal)
      })
      this.#begun = newId('file')
      this.#writing = this.#write(this.#begun, content, name)
      this.#writing.catch(error => parser.destroy(error))
    })
    parser.on('field', (name, value) => this.#take(name, value))
    return parser
  }

  #refusalOf(field: string, name: string): LonghaulError | undefined {
    if (this.#begun !== undefined) return onlyOne()
    if (field !== 'file') return unknown(field)
    return name.length > LONGEST_FILENAME ? longName(name) : undefined
  }

  async #write(id: string, content: Readable, filename: string): Promise<Written> {
    const { store, blobs } = this.#dependencies
    const tenantId = this.#tenantId
    await store.files.begin({ id, tenantId, filename, purpose: '', expiresAt: null })
    const { bytes } = await blobs.write(id, content)
    return { id, filename, bytes }
  }

  #take(name: string, value: string): void {
    const [, outer, inner] = /^(\w+)\[(\w+)\]$/.exec(name) ?? []
    if (outer !== 'expires_after' || inner === undefined) {
      this.#fields[name] = value
      return
    }
    this.#fields.expires_after = { ...(this.#fields.expires_after as object), [inner]: value }
  }
}

function asRefusal(error: unknown): unknown {
  const isOurs = error instanceof Error && 'code' in error
  if (isOurs || !(error instanceof Error)) return error
  // The parser's own.
  return new LonghaulError('invalid_value', `The form cannot be read: ${error.message}.`, {
    cause: error,
  })
}

/** As the caller named it, without what no header could hold. */
function nameOf(filename: string | undefined): string {
  return (filename ?? '').toWellFormed().replaceAll(/[\p{Cc}"\\]/gu, '_') || 'file'
}

function longName({ length }: string): LonghaulError {
  return new LonghaulError(
    'invalid_value',
    `The name of \`file\` has ${length} characters: shorten it to ${LONGEST_FILENAME}.`,
    { param: 'file' },
  )
}

function noFile(): LonghaulError {
  return new LonghaulError('missing_field', '`file` is missing: add a part with a file name.', {
    param: 'file',
  })
}

function onlyOne(): LonghaulError {
  return new LonghaulError('invalid_value', 'One file is taken at a time: send one `file`.', {
    param: 'file',
  })
}

function unknown(field: string): LonghaulError {
  return new LonghaulError(
    'unknown_field',
    `The file must be the part \`file\`, not \`${field}\`.`,
    {
      param: field,
    },
  )
}

function tooLarge(bytes: number): LonghaulError {
  return new LonghaulError(
    'body_too_large',
    `The file is larger than ${bytes} bytes: send less, or in several files.`,
    { param: 'file' },
  )
}
