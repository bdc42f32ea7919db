export {
  EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  runningDatabaseUrl,
} from './embedded-postgres.ts'
export { isAlive, postmasterPid } from './orphan.ts'
