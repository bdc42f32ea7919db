import { type Clock, idFrom, uuidOf } from '@longhaul/contracts'
import type { Database } from './database.ts'
import { DELETE_UNUSED, FILE_COLUMNS, type FileRow, fileOf } from './file-rows.ts'
import type { FileFilter, FileRecord, NewFile } from './file-types.ts'

/** Rows that one statement of a sweep takes at most. */
const SWEEP_ROWS = 100

/**
 * What is known of files; their content is elsewhere, under the file's id.
 *
 *     uploading ──publish──► processed ──delete, expiry──► deleted ──forget──► (gone)
 *         └──────────────── abandon ─────────────────────────┘
 *
 * The row is written before the content and removed after it, so that content
 * is never without a row: whatever its writer or remover died on, a sweep finds.
 * Only `processed` files are seen.
 */
export class Files {
  readonly #database: Database
  readonly #clock: Clock

  constructor(database: Database, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  /** Before the first byte is written. */
  async begin(file: NewFile): Promise<void> {
    await this.#database.query(
      `INSERT INTO files (id, tenant_id, status, filename, purpose, created_at, touched_at, expires_at)
       VALUES ($1::uuid, $2::uuid, 'uploading', $3, $4, to_timestamp($5::float8 / 1000),
         to_timestamp($5::float8 / 1000), to_timestamp($6::float8 / 1000))`,
      [
        uuidOf('file', file.id),
        uuidOf('tenant', file.tenantId),
        file.filename,
        file.purpose,
        this.#clock.now(),
        file.expiresAt,
      ],
    )
  }

  /** Shows a file whose content is there. Undefined when a sweep was faster. */
  async publish(
    id: string,
    shown: { bytes: number; filename: string; purpose: string; expiresAt: number | null },
  ): Promise<FileRecord | undefined> {
    const [row] = await this.#database.query<FileRow>(
      `UPDATE files SET status = 'processed', bytes = $2, filename = $3, purpose = $4,
         expires_at = to_timestamp($5::float8 / 1000)
       WHERE id = $1::uuid AND status = 'uploading' RETURNING ${FILE_COLUMNS}`,
      [uuidOf('file', id), shown.bytes, shown.filename, shown.purpose, shown.expiresAt],
    )
    return row && fileOf(row)
  }

  async get(tenantId: string, id: string): Promise<FileRecord | undefined> {
    const [row] = await this.#database.query<FileRow>(
      `SELECT ${FILE_COLUMNS} FROM files
       WHERE id = $1::uuid AND tenant_id = $2::uuid AND status = 'processed'
         AND (expires_at IS NULL OR expires_at > to_timestamp($3::float8 / 1000))`,
      [uuidOf('file', id), uuidOf('tenant', tenantId), this.#clock.now()],
    )
    return row && fileOf(row)
  }

  /** One page of a tenant's files, by creation. */
  async list(filter: FileFilter): Promise<{ files: FileRecord[]; hasMore: boolean }> {
    const ascending = filter.order === 'asc'
    const rows = await this.#database.query<FileRow>(
      `SELECT ${FILE_COLUMNS} FROM files
       WHERE tenant_id = $1::uuid AND status = 'processed'
         AND (expires_at IS NULL OR expires_at > to_timestamp($2::float8 / 1000))
         AND ($3::text IS NULL OR purpose = $3)
         AND ($4::uuid IS NULL OR id ${ascending ? '>' : '<'} $4::uuid)
       ORDER BY id ${ascending ? 'ASC' : 'DESC'} LIMIT $5`,
      [
        uuidOf('tenant', filter.tenantId),
        this.#clock.now(),
        filter.purpose ?? null,
        filter.after === undefined ? null : uuidOf('file', filter.after),
        filter.limit + 1,
      ],
    )
    return { files: rows.slice(0, filter.limit).map(fileOf), hasMore: rows.length > filter.limit }
  }

  /**
   * Nobody sees it from now on; its content is to be removed, then `forget` called.
   * @returns `in-use`: a batch that has not read it whole needs it; undefined: there is no such file
   */
  async delete(tenantId: string, id: string): Promise<'deleted' | 'in-use' | undefined> {
    const rows = await this.#database.query(DELETE_UNUSED, [
      uuidOf('file', id),
      uuidOf('tenant', tenantId),
      this.#clock.now(),
    ])
    if (rows.length > 0) return 'deleted'
    return (await this.get(tenantId, id)) ? 'in-use' : undefined
  }

  /** Gives up an upload; its content is to be removed, then `forget` called. */
  async abandon(id: string): Promise<void> {
    await this.#database.query(
      `UPDATE files SET status = 'deleted' WHERE id = $1::uuid AND status = 'uploading'`,
      [uuidOf('file', id)],
    )
  }

  /** The content is gone. */
  async forget(id: string): Promise<void> {
    await this.#database.query(`DELETE FROM files WHERE id = $1::uuid AND status = 'deleted'`, [
      uuidOf('file', id),
    ])
  }

  /**
   * Files whose content is to be removed: expired, not
   * written or not removed whole for `patienceMs`. Nobody sees them from now on.
   */
  async sweep(patienceMs: number): Promise<string[]> {
    const now = this.#clock.now()
    const rows = await this.#database.query<{ id: string }>(
      `UPDATE files SET status = 'deleted', touched_at = to_timestamp($1::float8 / 1000)
       WHERE id IN (
         (SELECT id FROM files f WHERE expires_at <= to_timestamp($1::float8 / 1000)
            AND status = 'processed' AND NOT EXISTS (
              SELECT 1 FROM batches b WHERE b.input_file_id = f.id AND b.status = 'validating')
          LIMIT $3)
         UNION ALL
         (SELECT id FROM files WHERE status <> 'processed'
            AND touched_at <= to_timestamp($2::float8 / 1000) LIMIT $3))
       RETURNING id`,
      [now, now - patienceMs, SWEEP_ROWS],
    )
    return rows.map(({ id }) => idFrom('file', id))
  }
}
