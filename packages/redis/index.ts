export { EnduringConnector } from './enduring-connector.ts'
export type { RedisTls } from './tls.ts'
