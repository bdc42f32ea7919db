import { z } from 'zod'
import { uploadFieldsSchema } from '../files/upload.ts'
import { listFilesQuery } from '../query.ts'
import * as examples from './batch-examples.ts'
import * as schemas from './batch-schemas.ts'
import type { Operation } from './operation.ts'

const filePath = z.object({ id: schemas.fileId })

export const fileOperations = {
  uploadFile: {
    method: 'post',
    path: '/v1/files',
    tag: 'Files',
    summary: 'Upload a file',
    description:
      'Up to 512 MB; for a batch up to 200 MB. The file may stand before the other fields, and needs no known length.',
    auth: true,
    body: {
      type: 'multipart/form-data',
      schema: uploadFieldsSchema.extend({
        file: z.string().meta({ format: 'binary', description: 'The content' }),
      }),
      examples: examples.upload,
    },
    success: {
      status: 200,
      description: 'The file',
      schema: schemas.fileSchema,
      example: examples.file,
    },
    errors: [
      'invalid_value',
      'missing_field',
      'unknown_field',
      'unsupported_media_type',
      'body_too_large',
      'files_unavailable',
    ],
  },
  listFiles: {
    method: 'get',
    path: '/v1/files',
    tag: 'Files',
    summary: 'List files',
    auth: true,
    query: listFilesQuery,
    success: {
      status: 200,
      description: 'A page of your files',
      schema: schemas.fileListSchema,
      example: {
        object: 'list',
        data: [examples.file],
        first_id: examples.file.id,
        last_id: examples.file.id,
        has_more: false,
      },
    },
    errors: ['invalid_value', 'invalid_text', 'unknown_field', 'invalid_cursor'],
  },
  getFile: {
    method: 'get',
    path: '/v1/files/{id}',
    tag: 'Files',
    summary: 'Get a file',
    auth: true,
    pathParameters: filePath,
    success: {
      status: 200,
      description: 'What is known of it',
      schema: schemas.fileSchema,
      example: examples.file,
    },
    errors: ['unknown_field', 'file_not_found'],
  },
  getFileContent: {
    method: 'get',
    path: '/v1/files/{id}/content',
    tag: 'Files',
    summary: 'Get the content of a file',
    description: 'Streamed; with `Range` a part of it, answered with 206.',
    auth: true,
    pathParameters: filePath,
    success: {
      status: 200,
      description: 'The bytes that were uploaded or written',
      type: 'application/octet-stream',
      example: examples.results,
    },
    errors: ['unknown_field', 'file_not_found', 'range_not_satisfiable', 'files_unavailable'],
  },
  deleteFile: {
    method: 'delete',
    path: '/v1/files/{id}',
    tag: 'Files',
    summary: 'Delete a file',
    auth: true,
    pathParameters: filePath,
    success: {
      status: 200,
      description: 'It is gone',
      schema: schemas.deletedFileSchema,
      example: { id: examples.file.id, object: 'file', deleted: true },
    },
    errors: ['unknown_field', 'file_not_found', 'file_in_use'],
  },
} as const satisfies Record<string, Operation>
