import { Readable } from 'node:stream'
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  NoSuchKey,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { BlobMissingError, type Blobs, BlobsUnavailableError, type ByteRange } from './port.ts'

export interface S3Options {
  bucket: string
  /** Undefined: AWS itself. Others are asked by path, not by host name. */
  endpoint: string | undefined
  region: string
}

/** The smallest that S3 takes; a part is what one upload holds in memory, twice. */
const PART_BYTES = 8 * 1024 * 1024
const PARTS_AT_A_TIME = 2
const CONNECT_TIMEOUT_MS = 5_000
const HEALTH_TIMEOUT_MS = 800

/** Files as objects of a bucket, of S3 or what speaks its protocol. Credentials are found as the AWS SDK finds them. */
export function openS3Blobs(options: S3Options): Blobs {
  const { bucket: Bucket, endpoint, region } = options
  const client = new S3Client({
    region,
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS },
  })
  return {
    async write(key, source) {
      let bytes = 0
      let fault: { cause: unknown } | undefined
      async function* counted() {
        try {
          for await (const piece of source) {
            bytes += piece.length
            yield piece
          }
        } catch (error) {
          fault = { cause: error }
          throw error
        }
      }
      const upload = new Upload({
        client,
        params: { Bucket, Key: key, Body: Readable.from(counted(), { objectMode: false }) },
        partSize: PART_BYTES,
        queueSize: PARTS_AT_A_TIME,
      })
      try {
        await upload.done()
      } catch (error) {
        throw fault ? fault.cause : new BlobsUnavailableError(error)
      }
      return { bytes }
    },

    read: (key, range) => readObject(client, Bucket, key, range),

    async remove(key) {
      await reaching(client.send(new DeleteObjectCommand({ Bucket, Key: key })))
      // What an upload left that never ended.
      const left = await reaching(
        client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: key })),
      )
      for (const { Key, UploadId } of left.Uploads ?? []) {
        if (Key !== key) continue
        await reaching(client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId })))
      }
    },

    async health() {
      const abortSignal = AbortSignal.timeout(HEALTH_TIMEOUT_MS)
      return client.send(new HeadBucketCommand({ Bucket }), { abortSignal }).then(
        () => ({ ok: true, detail: `the bucket ${Bucket} answers` }),
        (error: unknown) => ({ ok: false, detail: `the bucket ${Bucket}: ${String(error)}` }),
      )
    },

    async stop() {
      client.destroy()
    },
  }
}

async function* readObject(
  client: S3Client,
  Bucket: string,
  Key: string,
  range: ByteRange | undefined,
): AsyncGenerator<Buffer> {
  const until = range && (Number.isFinite(range.end) ? range.end : '')
  const Range = range && `bytes=${range.start}-${until}`
  try {
    const { Body } = await client.send(
      new GetObjectCommand({ Bucket, Key, ...(Range !== undefined && { Range }) }),
    )
    for await (const piece of Body as Readable) yield piece as Buffer
  } catch (error) {
    if (error instanceof NoSuchKey) throw new BlobMissingError(Key)
    // Beyond the end: nothing, if there is an object at all.
    if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 416) {
      await reaching(client.send(new HeadObjectCommand({ Bucket, Key })))
      return
    }
    throw new BlobsUnavailableError(error)
  }
}

async function reaching<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked
  } catch (error) {
    throw new BlobsUnavailableError(error)
  }
}
