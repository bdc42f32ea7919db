import { randomBytes } from 'node:crypto'
import {
  CreateBucketCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3'
import { expect, it } from '@jest/globals'
import { BlobsUnavailableError, openS3Blobs } from '@longhaul/blobs'
import { describeOn } from '../servers.ts'
import { exerciseBlobs } from './blobs.ts'

const region = 'us-east-1'

// A server that is started here takes any.
process.env.AWS_ACCESS_KEY_ID ??= 'test'
process.env.AWS_SECRET_ACCESS_KEY ??= 'test'

await describeOn('s3', 'files in S3', endpoint => {
  const client = new S3Client({ region, endpoint, forcePathStyle: true })

  exerciseBlobs('files in S3', async () => {
    const Bucket = `longhaul-${randomBytes(6).toString('hex')}`
    await client.send(new CreateBucketCommand({ Bucket }))
    return {
      blobs: await openS3Blobs({ bucket: Bucket, endpoint, region }),
      async holds(key) {
        const about = { Bucket, Prefix: key }
        const { Contents = [] } = await client.send(new ListObjectsV2Command(about))
        const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand(about))
        return Contents.length + Uploads.length > 0
      },
      async close() {},
    }
  })

  it('says so where no server or no bucket is', async () => {
    const away = await openS3Blobs({ bucket: 'any', endpoint: 'http://127.0.0.1:9', region })
    const first = () => away.read('file-1')[Symbol.asyncIterator]().next()
    await expect(first()).rejects.toBeInstanceOf(BlobsUnavailableError)
    await expect(away.remove('file-1')).rejects.toBeInstanceOf(BlobsUnavailableError)
    expect(await away.health()).toMatchObject({ ok: false })
    await away.stop()
    const none = await openS3Blobs({ bucket: 'no-such-bucket', endpoint, region })
    const source = (async function* () {
      yield Buffer.from('content')
    })()
    await expect(none.write('file-1', source)).rejects.toBeInstanceOf(BlobsUnavailableError)
    expect(await none.health()).toMatchObject({ ok: false })
    await none.stop()
  })
})
