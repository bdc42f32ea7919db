export interface NewFile {
  id: string
  tenantId: string
  filename: string
  purpose: string
  /** Epoch milliseconds. */
  expiresAt: number | null
}

export interface FileRecord extends NewFile {
  bytes: number
  createdAt: number
}

export interface FileFilter {
  tenantId: string
  purpose?: string
  /** Cursor: the last id of the page before. */
  after?: string
  /** 1 to 10,000. */
  limit: number
  /** By creation; newest first is `desc`. */
  order: 'asc' | 'desc'
}
