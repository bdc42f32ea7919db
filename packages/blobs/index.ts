export { BlobMissingError, type Blobs, BlobsUnavailableError, type ByteRange } from './port.ts'
export { openPostgresBlobs } from './postgres.ts'
export type { S3Options } from './s3.ts'

/** Its SDK is read only where it is used: it is large. */
export async function openS3Blobs(
  options: import('./s3.ts').S3Options,
): Promise<import('./port.ts').Blobs> {
  return (await import('./s3.ts')).openS3Blobs(options)
}
