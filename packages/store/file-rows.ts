import { idFrom } from '@longhaul/contracts'
import type { FileRecord } from './file-types.ts'

export interface FileRow {
  id: string
  tenant_id: string
  filename: string
  purpose: string
  /** PostgreSQL's `bigint` comes as text. */
  bytes: string
  created_at: number
  expires_at: number | null
}

export const FILE_COLUMNS = `id, tenant_id, filename, purpose, bytes,
  date_part('epoch', created_at) * 1000 AS created_at,
  date_part('epoch', expires_at) * 1000 AS expires_at`

export const DELETE_UNUSED = `UPDATE files f
  SET status = 'deleted', touched_at = to_timestamp($3::float8 / 1000)
  WHERE id = $1::uuid AND tenant_id = $2::uuid AND status = 'processed' AND NOT EXISTS (
    SELECT 1 FROM batches b WHERE b.tenant_id = $2::uuid AND b.input_file_id = f.id
      AND b.status = 'validating')
  RETURNING id`

export function fileOf(row: FileRow): FileRecord {
  return {
    id: idFrom('file', row.id),
    tenantId: idFrom('tenant', row.tenant_id),
    filename: row.filename,
    purpose: row.purpose,
    bytes: Number(row.bytes),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  }
}
