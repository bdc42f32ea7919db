import { useTestDatabase } from '../../test/database.ts'
import { leftOut, serverAddress } from '../../test/servers.ts'

// The suites of the store once more, on another build of PostgreSQL than npm's.
const url = await serverAddress('system-postgres')
if (url) {
  useTestDatabase(url)
  await import('./store.test.ts')
  await import('./partitions.test.ts')
  await import('./webhook-events.test.ts')
} else {
  leftOut('system-postgres', 'the store on a PostgreSQL of the system')
}
