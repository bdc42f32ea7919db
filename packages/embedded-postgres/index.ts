export { EmbeddedPostgres, type EmbeddedPostgresOptions } from './embedded-postgres.ts'
export { isAlive, postmasterPid } from './orphan.ts'
