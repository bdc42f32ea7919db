import type { IncomingMessage, ServerResponse } from 'node:http'
import { LonghaulError } from '@longhaul/contracts'
import { Semaphore } from 'async-mutex'
import { overloaded } from './answer.ts'

export interface BodyIntakeOptions {
  /** Of one request. */
  maxBodyBytes: number
  /** Of all requests under way, so that their number does not decide about memory. */
  maxTotalBytes: number
}

/** What is above the limit is read and thrown away up to here, so that the client hears the answer. */
const MAX_DRAINED_BYTES = 64 * 1024 * 1024

/** Of what is large of a body, in bytes. The semaphore looks at each share whenever one is given back. */
const SHARE_BYTES = 64 * 1024
/** Of bodies that are made jobs of at a time, 8 MiB: each takes several times its size meanwhile. */
const SHARES = 128

const JSON_TYPE = /^application\/json\s*(;\s*charset="?utf-8"?\s*)?;?$/i

/** Reads request bodies, bounded each and together. */
export class BodyIntake {
  readonly #options: BodyIntakeOptions
  readonly #turns = new Semaphore(SHARES)
  #heldBytes = 0

  constructor(options: BodyIntakeOptions) {
    this.#options = options
  }

  /** Bytes of bodies whose requests are not answered yet. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  get maxBodyBytes(): number {
    return this.#options.maxBodyBytes
  }

  get maxTotalBytes(): number {
    return this.#options.maxTotalBytes
  }

  /**
   * The whole body; its bytes count until `response` closes.
   * @throws {LonghaulError} unsupported_media_type, body_too_large, overloaded,
   *   invalid_json when the client went away
   */
  async readJson(request: IncomingMessage, response: ServerResponse): Promise<Buffer> {
    const refusal = unsupported(request)
    if (refusal) {
      await drain(request)
      throw refusal
    }
    return this.#read(request, response)
  }

  async #read(request: IncomingMessage, response: ServerResponse): Promise<Buffer> {
    const { maxBodyBytes, maxTotalBytes } = this.#options
    if (Number(request.headers['content-length']) > maxBodyBytes) {
      await drain(request)
      throw tooLarge(maxBodyBytes)
    }
    let held = 0
    response.once('close', () => {
      this.#heldBytes -= held
    })
    return collect(request, chunk => {
      if (held + chunk.length > maxBodyBytes) return tooLarge(maxBodyBytes)
      if (this.#heldBytes + chunk.length > maxTotalBytes) return tooMuch()
      held += chunk.length
      this.#heldBytes += chunk.length
      return undefined
    })
  }

  /**
   * Does what takes memory by the size of a body: small ones at once, large ones in turn.
   * @param bytes of the body
   */
  inTurn<Out>(bytes: number, work: () => Promise<Out>): Promise<Out> {
    const shares = Math.min(Math.floor(bytes / SHARE_BYTES), SHARES)
    return shares === 0 ? work() : this.#turns.runExclusive(work, shares)
  }

  /**
   * Counts what is read of the store for a request among the bodies, until
   * `response` closes.
   * @throws {LonghaulError} overloaded
   */
  hold(bytes: number, response: ServerResponse): void {
    if (response.destroyed) return // its close was told already, and nothing more is
    if (this.#heldBytes + bytes > this.#options.maxTotalBytes) throw tooMuch()
    this.#heldBytes += bytes
    response.once('close', () => {
      this.#heldBytes -= bytes
    })
  }
}

/** @param refusalOf asked for every chunk; after a refusal the rest is read away, and the refusal thrown */
function collect(
  request: IncomingMessage,
  refusalOf: (chunk: Buffer) => LonghaulError | undefined,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = []
    const take = (chunk: Buffer) => {
      const refusal = refusalOf(chunk)
      if (!refusal) return void chunks.push(chunk)
      chunks = []
      request.off('data', take).off('end', finish)
      void drain(request).then(() => reject(refusal))
    }
    const finish = () => {
      const [only] = chunks
      resolve(only && chunks.length === 1 ? only : Buffer.concat(chunks))
    }
    request.on('data', take).once('end', finish)
    request.once('close', () => {
      if (!request.complete) reject(new LonghaulError('invalid_json', 'The request ended early.'))
    })
  })
}

function unsupported({ headers }: IncomingMessage): LonghaulError | undefined {
  const type = headers['content-type'] ?? ''
  if (!JSON_TYPE.test(type.trim())) {
    const got = type === '' ? 'there is none' : `got ${JSON.stringify(type.slice(0, 100))}`
    return new LonghaulError(
      'unsupported_media_type',
      `\`Content-Type\` must be application/json; ${got}.`,
      { param: 'Content-Type' },
    )
  }
  const encoding = headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity') {
    return new LonghaulError(
      'unsupported_media_type',
      '`Content-Encoding` is not taken: send the body uncompressed.',
      { param: 'Content-Encoding' },
    )
  }
  return undefined
}

function tooMuch(): LonghaulError {
  return overloaded('Too much is being sent at once. Try again in a second.')
}

function tooLarge(maxBytes: number): LonghaulError {
  return new LonghaulError(
    'body_too_large',
    `The request body is larger than ${maxBytes} bytes: send less, or in several requests.`,
  )
}

/** Reads the rest away: a socket that is closed on unread bytes is reset, and the answer is lost. */
export function drain(request: IncomingMessage): Promise<void> {
  return new Promise(resolve => {
    if (request.readableEnded || request.destroyed) return resolve()
    let drained = 0
    request.on('data', (chunk: Buffer) => {
      drained += chunk.length
      if (drained > MAX_DRAINED_BYTES) request.destroy()
    })
    request.once('end', resolve)
    request.once('close', resolve)
    request.resume() // who unpiped it left it paused
  })
}
