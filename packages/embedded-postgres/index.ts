export type { PostgresBinaries } from './binaries.ts'
export { dieWithParent } from './die-with-parent.ts'
export {
  EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  runningDatabaseUrl,
} from './embedded-postgres.ts'
export { freePort } from './free-port.ts'
export { isAlive, postmasterPid } from './orphan.ts'
