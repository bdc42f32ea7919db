/** For `rediss://`; PEM. */
export interface RedisTls {
  /** Certificates of the authorities to trust; default: those that Node knows. */
  ca?: string
  /** Certificate and key of this client. */
  cert?: string
  key?: string
}
