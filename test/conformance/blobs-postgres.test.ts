import { openPostgresBlobs } from '@longhaul/blobs'
import { openTestStore } from '../database.ts'
import { exerciseBlobs } from './blobs.ts'

exerciseBlobs('files in PostgreSQL', async () => {
  const test = await openTestStore()
  return {
    blobs: openPostgresBlobs(test.store),
    async holds(key) {
      const rows = await test.query('SELECT FROM blob_chunks WHERE blob = $1::uuid LIMIT 1', [
        key.slice(-32),
      ])
      return rows.length > 0
    },
    close: () => test.close(),
  }
})
