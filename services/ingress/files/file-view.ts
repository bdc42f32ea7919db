import type { FileRecord } from '@longhaul/store'

/** A file as OpenAI's API shows it. */
export interface FileView {
  id: string
  object: 'file'
  bytes: number
  created_at: number
  expires_at: number | null
  filename: string
  purpose: string
  status: 'processed'
  status_details: null
}

export function fileView(file: FileRecord): FileView {
  return {
    id: file.id,
    object: 'file',
    bytes: file.bytes,
    created_at: Math.floor(file.createdAt / 1_000),
    expires_at: file.expiresAt === null ? null : Math.floor(file.expiresAt / 1_000),
    filename: file.filename,
    purpose: file.purpose,
    status: 'processed',
    status_details: null,
  }
}
