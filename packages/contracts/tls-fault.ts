/**
 * What settings have to do with a TLS connection that could not be made:
 * - `untrusted`: the server's certificate is of no authority that is trusted here
 * - `out-of-date`: it has expired, or is not valid yet
 * - `other-name`: it is for another host
 * - `client-refused`: the server misses a certificate of this client, or does not trust it
 * - `no-tls`: the server speaks no TLS, or none that both know
 */
export type TlsFault = 'untrusted' | 'out-of-date' | 'other-name' | 'client-refused' | 'no-tls'

/** Codes of Node and of OpenSSL. */
const FAULTS: Readonly<Record<string, TlsFault>> = {
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'untrusted',
  UNABLE_TO_GET_ISSUER_CERT: 'untrusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'untrusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'untrusted',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'untrusted',
  CERT_SIGNATURE_FAILURE: 'untrusted',
  CERT_HAS_EXPIRED: 'out-of-date',
  CERT_NOT_YET_VALID: 'out-of-date',
  ERR_TLS_CERT_ALTNAME_INVALID: 'other-name',
}
/** The alert that a server sends to a client whose certificate it misses or does not trust. */
const CERTIFICATE_REFUSED = /ALERT_(\w*CERTIFICATE\w*|UNKNOWN_CA)$/

/** By the error's code; undefined when it is not about TLS. */
export function tlsFaultOf(error: unknown): TlsFault | undefined {
  const code = String((error as { code?: unknown } | undefined)?.code ?? '')
  const known = FAULTS[code]
  if (known !== undefined) return known
  if (CERTIFICATE_REFUSED.test(code)) return 'client-refused'
  return code.startsWith('ERR_SSL') || code === 'EPROTO' ? 'no-tls' : undefined
}
